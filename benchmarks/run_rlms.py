"""What a user of rlms gets: `llm_query_batched` in the code of its root model, at its defaults.

`python run_rlms.py URL CALLS BATCHES` in an environment of its own; prints its figures as JSON.
Each batch is that of a new run, whose connections are new: the client of a run outlives no batch.
"""

import json
import sys

from rlm import RLM  # type: ignore[import-not-found]


def main(url: str, calls: str, batches: str) -> None:
    options = {"base_url": url, "api_key": "none", "model_name": "scripted"}
    rlm = RLM(backend="openai", backend_kwargs=options)
    answers = [rlm.completion("How fast is it?").response for _ in range(int(batches))]
    print(json.dumps([json.loads(answer) for answer in answers]))


if __name__ == "__main__":
    main(*sys.argv[1:])
