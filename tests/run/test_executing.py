"""Executing: code runs in the namespace itself, awaits, fails and goes on."""

from __future__ import annotations

from typing import Any

import pytest

from rlm_magic.events import CodeExecuted
from tests.run.scripted import Ask


def test_names_that_are_no_text_disturb_nothing(ask: Ask) -> None:
    namespace: dict[Any, Any] = {}
    result = ask([["globals()[1] = 2"], ["FINAL('fine')"]], namespace=namespace)
    assert (result.answer, namespace) == ("fine", {})


def test_top_level_await_runs_on_the_loop_of_the_run(ask: Ask) -> None:
    code = """
import asyncio
async def double(n):
    await asyncio.sleep(0)
    return 2 * n
print(await double(1))
print(await asyncio.gather(double(2), double(3)))
async with asyncio.TaskGroup() as group:
    tasks = [group.create_task(double(n)) for n in (4, 5)]
print([task.result() for task in tasks])
[n async for n in (await double(n) for n in (6, 7))]
"""
    assert ask.output(code).endswith(":\n2\n[4, 6]\n[8, 10]\n[12, 14]\n")


def test_sub_calls_work_inside_of_coroutines(ask: Ask) -> None:
    code = """
import asyncio
async def inner(word):
    await asyncio.sleep(0)
    return llm_query(word)
async def outer():
    first = await inner("one")
    return [first, *llm_query_batched(["two", "three"])]
print(await outer())
print(await asyncio.gather(inner("four"), inner("five")))
print(await asyncio.to_thread(llm_query, "six"))
"""
    assert ask.output(code).endswith(
        ":\n['echo: one', 'echo: two', 'echo: three']\n['echo: four', 'echo: five']\necho: six\n"
    )


def test_a_timeout_of_asyncio_ends_what_it_covers_and_nothing_else(ask: Ask) -> None:
    code = """
import asyncio
try:
    async with asyncio.timeout(0.01):
        await asyncio.Event().wait()
except TimeoutError:
    print("in time")
try:
    await asyncio.wait_for(asyncio.Event().wait(), 0.01)
except TimeoutError:
    print("again")
print(llm_query("after"))
"""
    assert ask.output(code).endswith(":\nin time\nagain\necho: after\n")


def test_a_failing_task_group_is_an_error_of_the_code(ask: Ask) -> None:
    code = """
import asyncio
async def fail():
    raise ValueError("one of them")
async with asyncio.TaskGroup() as group:
    group.create_task(fail())
    group.create_task(asyncio.Event().wait())
"""
    told = ask.output(code)
    assert told.startswith("Step 1 raised an exception.")
    assert "ValueError: one of them" in told
    assert ask.server.counts()["script_left"] == 0


def test_code_that_cancels_itself_fails_and_the_run_goes_on(ask: Ask) -> None:
    code = "import asyncio\nasyncio.current_task().cancel()\nawait asyncio.sleep(0)"
    assert "CancelledError" in ask.output(code)
    assert "CancelledError" in ask.output("import asyncio\nraise asyncio.CancelledError")


def test_names_bound_before_an_exception_stay(ask: Ask) -> None:
    result = ask([["a = 1\nb = a / 0\nc = 3"], ["FINAL(a)"]])
    assert result.answer == 1
    [failed, _] = [event for event in result.events if isinstance(event, CodeExecuted)]
    assert (failed.bound, failed.error) == (("a",), "ZeroDivisionError: division by zero")


def test_names_and_functions_stay_from_step_to_step(ask: Ask) -> None:
    script = [["import math\nn = 9"], ["def root():\n    return math.sqrt(n)"], ["FINAL(root())"]]
    assert ask(script).answer == 3.0


def test_classes_and_recursion_work_as_in_a_script(ask: Ask) -> None:
    code = """
from __future__ import annotations
from dataclasses import dataclass
import pickle
@dataclass
class Point:
    x: int
def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)
FINAL((Point(1), factorial(5), [factorial(n) for n in range(3)], __name__))
"""
    point, *rest = ask([[code]]).answer
    assert repr(point) == "Point(x=1)"
    assert rest == [120, [1, 1, 2], "__main__"]


def test_the_globals_of_the_code_are_the_mapping_itself(ask: Ask) -> None:
    namespace: dict[str, Any] = {}
    namespace["seen"] = lambda mapping: mapping is namespace
    assert ask([["FINAL((seen(globals()), seen(locals())))"]], namespace=namespace).answer == (
        True,
        True,
    )


def test_the_working_directory_is_returned(
    ask: Ask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    code = "import os\nos.chdir('inner')"
    result = ask([[code], ["import os\nFINAL(os.getcwd())"]])
    assert result.answer == str(tmp_path / "inner")
    assert type(tmp_path).cwd() == tmp_path


def test_code_that_replaces_builtins_disturbs_only_itself(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print = len = str = dict = repr = isinstance = None\nx = 1"
    assert ask([[code], ["x"], ["FINAL(x)"]]).answer == 1
    assert ask.told(2) == "Step 2 ran. Output (2 characters):\n1\n"


def test_a_block_that_never_was_python_is_told_with_its_line(ask: Ask) -> None:
    told = ask.output("x = 1\nif x\n    print(x)")
    assert told.startswith("Step 1 raised an exception.")
    assert "line 2\n    if x\n        ^\nSyntaxError: expected ':'" in told
    assert "Traceback" not in told
