"""Sub-calls of one batch, from synchronous code in a cell, over HTTP to a local server.

The server answers at once, but it is a Python process that shares the machine, so this is a lower
bound of what the bridge, the engine and litellm can do. Counted is the time that
`llm_query_batched` takes in the generated code, once the connections are open.
"""

from statistics import median

from benchmarks.answers import answer_of
from benchmarks.figures import Figure
from benchmarks.processes import elsewhere
from rlm_magic import RLM
from tests.servers.client import FakeOpenAI

__all__ = ["measure"]

_CODE = """```repl
import time
started = time.perf_counter()
replies = llm_query_batched([f"Which colour is number {{n}}?" for n in range({calls})])
seconds = time.perf_counter() - started
assert replies.count("blue") == {calls}, replies[:3]
FINAL(seconds)
```"""


def measure(quick: bool) -> list[Figure]:
    """Measure batches of one size."""
    calls = 10 if quick else 500
    rate = elsewhere(measure_batches, calls, 1 if quick else 5, here=quick)
    return [Figure(f"sub-calls, {calls} in a batch", f"{rate:,.0f} a second")]


def measure_batches(calls: int, batches: int) -> float:
    """Return the median of calls a second."""
    with FakeOpenAI.start() as server:
        server.rule("colour", "blue")
        server.script([_CODE.format(calls=calls)] * (batches + 1))
        rlm = RLM("openai/scripted", api_base=server.url, api_key="none")
        seconds = [float(answer_of(rlm.completion("How fast is it?"))) for _ in range(batches + 1)]
    return calls / median(seconds[1:])
