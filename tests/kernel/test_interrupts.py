"""The stop button, in each state of a run: it ends soon, cleanly, and with what there was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.kernel.harness import Cell, Kernel
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

DEADLOCK = 3.0  # seconds: a guard, not a measure


@dataclass(frozen=True)
class State:
    """A state in which a run can be interrupted, and how a test gets it there."""

    reply: str | None  # of the root model; None: it is still thinking
    reached: Callable[[Cell, FakeOpenAI], object]
    options: str = "-a never"


STATES = {
    "waiting for the root model": State(None, lambda cell, server: server.wait_for(held=1)),
    "waiting for sub-calls": State(
        "kept = 1\nllm_query_batched(['slow' + str(i) for i in range(3)])",
        lambda cell, server: server.wait_for(held=3),
    ),
    "waiting for sub-calls in threads": State(
        "kept = 1\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool:\n    list(pool.map(llm_query, ['slow'] * 3))",
        lambda cell, server: server.wait_for(held=3),
    ),
    "waiting for a child run": State(
        "kept = 1\nrlm_query('Sub?', 'data')",
        lambda cell, server: server.wait_for(held=1),
        "-a never --depth 2",
    ),
    "waiting for approval": State(
        "kept = 1", lambda cell, server: cell.wait_for_input(), "-a always"
    ),
    "busy code": State(
        "kept = 1\nprint('x')\nwhile True: pass",
        lambda cell, server: cell.wait_for_output("running code"),
    ),
    "awaiting code": State(
        "kept = 1\nimport asyncio\nawait asyncio.sleep(60)",
        lambda cell, server: cell.wait_for_output("running code"),
    ),
}


def start(kernel: Kernel, server: FakeOpenAI, state: State) -> Cell:
    """Start a cell and bring its run into the state."""
    server.rule("slow", "late", hold="gate")
    thinking = {"content": "late", "hold": "gate"}
    server.script([*(repl(state.reply) if state.reply else []), thinking])
    cell = kernel.start(f"%%rlm {state.options}\nWhy?", stop_on_error=True)
    state.reached(cell, server)
    return cell


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_an_interrupted_run_ends_and_the_next_cell_works(
    rlm_kernel: Kernel, server: FakeOpenAI, state: State
) -> None:
    rlm_kernel.run("import signal, sys\nllm_query = 'mine'")
    before = rlm_kernel.eval("(repr(signal.getsignal(signal.SIGINT)), id(sys.stdout))")
    cell = start(rlm_kernel, server, state)
    seconds = cell.interrupt()

    assert seconds < DEADLOCK
    assert cell.outcome.error is not None
    assert cell.outcome.error.traceback == (
        "CellInterrupted: The run was interrupted; _rlm holds what there was by then."
    )
    server.wait_for(idle=True)
    assert rlm_kernel.eval("(_rlm.status, _rlm.answer)") == ("interrupted", None)
    left = "[n for n in ('FINAL', 'rlm_query', 'context', 'kept') if n in globals()]"
    assert rlm_kernel.eval(f"({left}, llm_query)") == ([], "mine")
    after = rlm_kernel.eval("(repr(signal.getsignal(signal.SIGINT)), id(sys.stdout))")
    assert after == before

    server.open("gate")
    server.reset()
    server.script(repl("FINAL(llm_query('hi'))"))
    again = rlm_kernel.run("%%rlm -a never\nWhy?")
    assert again.answer == "echo: hi"


def test_a_later_cell_is_interrupted_as_ever(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    start(rlm_kernel, server, STATES["busy code"]).interrupt()
    cell = rlm_kernel.start("import time\nprint('sleeping', flush=True)\ntime.sleep(60)")
    cell.wait_for_output("sleeping")
    assert cell.interrupt() < DEADLOCK
    assert cell.outcome.error is not None
    assert cell.outcome.error.ename == "KeyboardInterrupt"


def test_cells_that_are_queued_behind_it_are_aborted(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    cell = start(rlm_kernel, server, STATES["waiting for the root model"])
    queued = rlm_kernel.start("print('too far')", stop_on_error=True)
    cell.interrupt()
    assert queued.wait().status == "aborted"
    assert rlm_kernel.run("print('next')").stdout == "next\n"


def test_code_can_clean_up_after_an_interrupt(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run("seen = []")
    code = (
        "try:\n    llm_query('slow')\n"
        "except KeyboardInterrupt:\n    seen.append('caught')\nseen.append('went on')"
    )
    state = State(code, lambda cell, server: server.wait_for(held=1))
    assert start(rlm_kernel, server, state).interrupt() < DEADLOCK
    assert rlm_kernel.eval("(seen, _rlm.status)") == (["caught", "went on"], "interrupted")


def test_what_there_was_by_then_is_in_the_result(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script([*repl("print('found', 42)"), {"content": "late", "hold": "gate"}])
    cell = rlm_kernel.start("%%rlm -a never\nWhy?")
    server.wait_for(held=1)
    cell.interrupt()
    assert rlm_kernel.eval("(_rlm.steps[0].output, _rlm.usage.calls)") == ("found 42\n", 1)
    assert "interrupted · 1 step" in cell.outcome.displays[0].data["text/plain"]


def test_a_run_in_a_synchronous_cell_is_interrupted_too(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script([{"content": "late", "hold": "gate"}])
    cell = rlm_kernel.start("%%time\n%%rlm -a never\nWhy?")
    server.wait_for(held=1)
    assert cell.interrupt() < DEADLOCK
    assert rlm_kernel.eval("_rlm.status") == "interrupted"
    assert rlm_kernel.run("print('next')").stdout == "next\n"


def test_an_interrupt_between_a_decision_and_its_code_is_not_lost(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("while True: pass"))
    rlm_kernel.run(
        "import signal\nfrom rlm_magic import RLM\n"
        "def stop(event):\n"
        "    if event.type == 'code_proposed': signal.raise_signal(signal.SIGINT)\n"
        f"rlm = RLM('openai/scripted', api_base={server.url!r}, on_event=stop)"
    )
    outcome = rlm_kernel.run("print((await rlm.acompletion('Why?', namespace={})).status)")
    assert outcome.stdout == "interrupted\n"
