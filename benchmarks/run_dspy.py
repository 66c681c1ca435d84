"""What a user of dspy gets: `llm_query_batched` of its RLM module, as its sandbox calls it.

`python run_dspy.py URL CALLS BATCHES` in an environment of its own; prints its figures as JSON. The
sandbox, which needs Deno and would add its own time, is left out. All is at defaults, but for the
limit of 50 calls.
"""

import json
import sys

import dspy  # type: ignore[import-not-found]

from benchmarks.batches import measured


def main(url: str, calls: str, batches: str) -> None:
    dspy.configure(lm=dspy.LM("openai/scripted", api_base=url, api_key="none"))
    figures = []
    for _ in range(int(batches)):
        rlm = dspy.RLM("question -> answer", max_llm_calls=int(calls))
        helper = rlm._make_llm_tools()["llm_query_batched"]
        figures.append(json.loads(measured(helper, int(calls))))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
