"""From the interrupt of a `%%rlm` cell to an idle kernel, in each state that a run can be in.

A real kernel, a local server that doesn't answer; the worst of several interrupts is printed, since
a person who wants to stop a run remembers the slow one.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.figures import Figure
from tests.kernel.conftest import SET_UP
from tests.kernel.harness import Cell, Kernel
from tests.servers.client import FakeOpenAI

__all__ = ["measure"]

_BUSY = "open('busy', 'w').close()\nwhile True: pass"
_CALLS = "llm_query_batched([f'held {n}' for n in range(20)])"
_SECONDS = 0.3

Reached = Callable[[Cell], object]


def measure(quick: bool) -> list[Figure]:
    """Measure the four states."""
    times = 1 if quick else 10
    with (
        FakeOpenAI.start() as server,
        closing(Kernel({"OPENAI_API_KEY": "none"})) as kernel,
        tempfile.TemporaryDirectory() as folder,
    ):
        kernel.do(f"import os; os.chdir({folder!r})")
        kernel.do(SET_UP.format(api_base=server.url, trace_dir=os.environ["RLM_TRACE_DIR"]))
        busy = Path(folder) / "busy"

        def worst(name: str, code: str | None, options: str, reached: Reached) -> Figure:
            seconds = []
            for _ in range(times):
                busy.unlink(missing_ok=True)
                server.reset()
                server.rule("held", {"content": "", "hold": "never"})
                held = {"content": "", "hold": "never"}
                server.script([f"```repl\n{code}\n```" if code else held])
                cell = kernel.start(f"%%rlm {options}\nWhat is it?")
                reached(cell)
                seconds.append(cell.interrupt())
            return Figure.at_most(f"interrupt, {name}", max(seconds), _SECONDS, "s", 3)

        return [
            worst("waiting for the root model", None, "-a never",
                  lambda _: server.wait_for(held=1, timeout=60)),
            worst("waiting for 20 sub-calls", _CALLS, "-a never",
                  lambda _: server.wait_for(held=20, timeout=60)),
            worst("waiting for approval", "1", "-a always",
                  lambda cell: cell.wait_for_input()),
            worst("busy code", _BUSY, "-a never", lambda _: kernel.wait(busy.exists)),
        ]  # fmt: skip
