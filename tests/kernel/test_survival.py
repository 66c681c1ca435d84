"""Whatever generated code does with tasks, threads and processes, the person's kernel goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.harness import Kernel
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

IN_A_THREAD = "import asyncio\nprint(await asyncio.to_thread(llm_query, 'slow'))"
IN_TASKS = """
import asyncio
async def ask(prompt): return llm_query(prompt)
print(await asyncio.gather(ask('slow 1'), ask('slow 2')))
"""
BUSY_TASK = """
import asyncio
async def busy():
    open('here', 'w').close()
    while True: pass
await asyncio.gather(busy())
"""
BUSY_REPR = """
class Odd:
    def __repr__(self):
        open('here', 'w').close()
        while True: pass
FINAL(Odd())
"""


def goes_on(kernel: Kernel) -> bool:
    """Whether the next cell works, in the same process, with no helper left behind."""
    return bool(kernel.eval("mine") == "kept" and kernel.eval("'llm_query' not in globals()"))


@pytest.fixture
def running(rlm_kernel: Kernel) -> Kernel:
    rlm_kernel.do("mine = 'kept'")
    return rlm_kernel


@pytest.mark.parametrize("code", [IN_A_THREAD, IN_TASKS], ids=["thread", "tasks"])
def test_an_interrupt_while_tasks_of_the_code_wait(
    running: Kernel, server: FakeOpenAI, code: str
) -> None:
    server.script(repl(code))
    server.rule("slow", {"content": "1", "hold": "never"})
    cell = running.start("%%rlm -a never\nWhy?")
    server.wait_for(received=2, held=1)
    cell.interrupt()
    assert cell.wait().error is not None
    assert goes_on(running)
    assert running.eval("_rlm.status") == "interrupted"


@pytest.mark.parametrize(
    "code", [IN_A_THREAD, IN_TASKS, BUSY_TASK], ids=["thread", "tasks", "busy"]
)
def test_the_seconds_run_out_while_tasks_of_the_code_work(
    running: Kernel, server: FakeOpenAI, code: str
) -> None:
    server.script(repl(code))
    server.rule("slow", {"content": "1", "hold": "never"})
    outcome = running.run("%%rlm -a never --seconds 1\nWhy?")
    assert outcome.error is not None
    assert outcome.error.evalue == "The budget of seconds is used up."
    assert goes_on(running)


@pytest.mark.parametrize("code", [BUSY_TASK, BUSY_REPR], ids=["task", "repr"])
def test_code_that_is_busy_beside_the_block_can_be_interrupted(
    running: Kernel, server: FakeOpenAI, tmp_path: Path, code: str
) -> None:
    server.script(repl(code))
    cell = running.start("%%rlm -a never\nWhy?")
    running.wait((tmp_path / "here").exists)
    cell.interrupt()
    assert cell.wait().error is not None
    assert goes_on(running)


def test_code_of_a_child_run_reaches_no_variable_through_a_magic(
    running: Kernel, server: FakeOpenAI
) -> None:
    blocks = repl("FINAL(rlm_query('?', 'text'))", "%%time\nprint(mine)")
    server.script([*blocks, "FINAL(done)"])
    running.run("%%rlm -a never --depth 2\nWhy?")
    assert "kept" not in server.root_requests()[2].messages[-1]["content"]


def test_a_forked_process_can_ask_no_model_and_writes_no_event(
    running: Kernel, server: FakeOpenAI
) -> None:
    code = """
from multiprocessing import get_context
def ask(prompt): return llm_query(prompt)
with get_context('fork').Pool(1) as pool:
    try:
        pool.map(ask, ['a'])
    except RuntimeError as error:
        FINAL(str(error))
"""
    server.script(repl(code))
    running.run("%%rlm -a never -o said\nWhy?")
    assert running.eval("said").startswith("Models can't be asked from another process")
    assert server.sub_requests() == []


def test_child_runs_that_end_in_any_order_leave_the_shell_as_it_was(
    running: Kernel, server: FakeOpenAI
) -> None:
    running.do("before = (get_ipython().ask_exit, get_ipython().system)")
    first = "x = llm_query('first')\nFINAL(x)"
    second = "x = llm_query('second')\nFINAL(x)"
    server.rule("first", {"content": "1", "hold": "first"})
    server.rule("second", {"content": "2", "hold": "second"})
    server.script(repl("FINAL(rlm_query_batched(['a', 'b']))"))
    server.script(repl(first, second), model="openai/child")
    cell = running.start("%%rlm -a never --depth 2 -s openai/child\nWhy?")
    server.wait_for(held=2)
    server.open("first")
    server.wait_for(finished=4)
    server.open("second")
    assert cell.wait().error is None
    assert running.eval("before == (get_ipython().ask_exit, get_ipython().system)")
