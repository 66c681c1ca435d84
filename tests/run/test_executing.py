"""Executing: what a block of code does, and what the root model is told of it."""

from __future__ import annotations

import builtins
import getpass
import re
import sys
import warnings
from typing import Any

import pytest

from rlm_magic.events import CodeExecuted
from tests.run.scripted import Ask


def test_the_value_of_the_last_expression_is_shown(ask: Ask) -> None:
    assert ask.output("x = [1, 2]\nx") == "Step 1 ran. Output (7 characters):\n[1, 2]\n"


@pytest.mark.parametrize(
    "code",
    ["5;", "5 ;  # why not", "'#';", "[\n  1,\n];", "'é' ;", "x = 5", "None", "'\u2028\x0c';", "(1\n);"],
)
def test_a_semicolon_hides_the_value(ask: Ask, code: str) -> None:
    assert ask.output(code).startswith("Step 1 ran. No output.")


@pytest.mark.parametrize(
    ("code", "shown"), [("5  # not ;", "5"), ("1; 2", "2"), ("'\u2028;'", r"'\u2028;'"), ("';'", "';'")]
)
def test_other_semicolons_hide_nothing(ask: Ask, code: str, shown: str) -> None:
    assert ask.output(code).endswith(f":\n{shown}\n")


def test_no_output_says_so_and_names_what_was_bound(ask: Ask) -> None:
    code = "import math\na = 1\n_private = 2\ndef f(): ...\nb = a"
    assert ask.output(code) == "Step 1 ran. No output. Newly bound: `math`, `a`, `f`, `b`."


def test_no_output_and_nothing_bound_says_so(ask: Ask) -> None:
    assert ask.output("pass") == "Step 1 ran. No output. Nothing newly bound."


def test_a_name_bound_anew_counts_and_the_same_object_does_not(ask: Ask) -> None:
    ask([["a = [1]\nb = 1"], ["a.append(2)\na = a\nb = 2"], ["FINAL(a)"]])
    assert ask.told(2) == "Step 2 ran. No output. Newly bound: `b`."


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


def test_warnings_are_no_errors(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def show(message: Any, category: Any, filename: Any, lineno: Any, *_: Any) -> None:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))

    monkeypatch.setattr(warnings, "showwarning", show)  # as Python does; pytest keeps them
    code = """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("always")
    warnings.warn("mind the gap")
"""
    told = ask.output(code)
    assert told.startswith("Step 1 ran. Output")
    assert "UserWarning: mind the gap" in told


def test_what_goes_to_stderr_and_to_a_logger_is_captured(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import sys\nprint('warn', file=sys.stderr)\nprint('out')\nsys.stderr.write('more')\n1;"
    assert ask.output(code).endswith(":\nwarn\nout\nmore")
    assert capsys.readouterr() == ("", "")


def test_the_working_directory_is_returned(
    ask: Ask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    code = "import os\nos.chdir('inner')"
    result = ask([[code], ["import os\nFINAL(os.getcwd())"]])
    assert result.answer == str(tmp_path / "inner")
    assert type(tmp_path).cwd() == tmp_path


REFUSED = "is refused: nobody is at the keyboard of a run; decide from the data."
NO_EXIT = "The code can't end the person's session: to finish, call FINAL(value)"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("input('?')", f"Refused: input() {REFUSED}"),
        ("import getpass\ngetpass.getpass()", f"Refused: getpass() {REFUSED}"),
        ("breakpoint()", f"Refused: breakpoint() {REFUSED}"),
        ("exit()", f"Refused: {NO_EXIT}"),
        ("quit(1)", f"Refused: {NO_EXIT}"),
        ("import sys\nsys.exit()", f"SystemExit refused: {NO_EXIT}"),
        ("raise SystemExit(3)", f"SystemExit refused: {NO_EXIT}"),
        ("def f():\n    exit(0)\nf()", f"Refused: {NO_EXIT}"),
    ],
)
def test_what_would_end_or_hang_the_session_is_refused_with_a_sentence(
    ask: Ask, code: str, sentence: str
) -> None:
    told = ask.output(code)
    assert told.startswith("Step 1 raised an exception.")
    assert sentence in told


def test_what_was_refused_works_again_for_the_person(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(builtins, "input", asked.append)
    monkeypatch.setattr(getpass, "getpass", asked.append)
    monkeypatch.setattr(sys, "breakpointhook", asked.append)
    namespace: dict[str, Any] = {}
    code = "import getpass\nfor f in input, getpass.getpass, breakpoint, exit:\n    f('x')"
    ask.output(code, namespace=namespace)
    assert asked == []
    input("a")
    getpass.getpass("b")
    breakpoint("c")
    assert asked == ["a", "b", "c"]
    assert "exit" not in namespace


def test_a_person_can_be_asked_while_the_code_is_refused(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = []

    def answer(prompt: str = "") -> str:
        questions.append(prompt)
        return "a"

    monkeypatch.setattr(builtins, "input", answer)
    result = ask([["input('code asks')"], ["FINAL(1)"]], approve="always")
    assert result.answer == 1
    assert len(questions) == 2
    assert all(question.startswith("Run it?") for question in questions)
    assert "Refused: input()" in ask.told()


def test_code_that_catches_system_exit_goes_on(ask: Ask) -> None:
    code = "import sys\ntry:\n    sys.exit(2)\nexcept SystemExit as e:\n    FINAL(e.code)"
    assert ask([[code]]).answer == 2


LONG = re.compile(
    r"Step 1 ran\. Output \((?P<total>[\d,]+) characters\):\n(?P<head>.*)\n"
    r"\[… (?P<missing>[\d,]+) of (?P<of>[\d,]+) characters left out; .* …\]\n(?P<tail>.*)",
    re.DOTALL,
)


@pytest.mark.parametrize(
    "code", ["print('x' * 499_992 + 'the end', end='')", "for n in range(50_000):\n    print(n % 10)"]
)
def test_long_output_keeps_head_and_tail_and_states_its_true_length(ask: Ask, code: str) -> None:
    told = ask.output("print('start')\n" + code, max_output=1_000)
    found = LONG.fullmatch(told)
    assert found is not None
    assert found["head"].startswith("start\n")
    kept = len(found["head"]) + len(found["tail"])
    assert kept == 1_000
    total = int(found["total"].replace(",", ""))
    assert total == int(found["of"].replace(",", ""))
    assert total == int(found["missing"].replace(",", "")) + kept
    assert total in (500_005, 100_006)


@pytest.mark.parametrize("flood", ["", "print('x' * 2_000);"])
def test_a_long_value_keeps_head_and_tail_and_states_its_true_length(ask: Ask, flood: str) -> None:
    told = ask.output(f"{flood}'start' + 'y' * 50_000 + 'end'", max_output=1_000)
    assert "'start" in told
    assert told.endswith("yend' (50,008 characters)\n")
    assert len(told) < 1_200


def test_a_traceback_after_a_flood_reaches_the_model(ask: Ask) -> None:
    told = ask.output("print('x' * 1_000_000)\nraise ValueError('the reason')", max_output=100)
    assert told.startswith("Step 1 raised an exception. Output (1,000,")
    assert told.rstrip().endswith("ValueError: the reason")
    assert 'line 2, in <module>\n    raise ValueError' in told
    assert len(told) < 800


def test_hardly_any_room_for_output_is_enough(ask: Ask) -> None:
    assert "left out" in ask.output("print('x' * 50)", max_output=1)
    assert ask.server.counts()["script_left"] == 0


def test_code_that_replaces_builtins_disturbs_only_itself(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print = len = str = dict = repr = isinstance = None\nx = 1"
    assert ask([[code], ["x"], ["FINAL(x)"]]).answer == 1
    assert ask.told(2) == "Step 2 ran. Output (2 characters):\n1\n"


def test_streams_that_code_replaces_are_put_back_after_its_block(ask: Ask) -> None:
    code = "import io, sys\nsys.stdout = sys.stderr = io.StringIO()\nprint('lost')"
    ask([[code], ["print('seen')"], ["FINAL(1)"]])
    assert ask.told(2) == "Step 2 ran. Output (5 characters):\nseen\n"


def test_code_can_redirect_its_own_output(ask: Ask) -> None:
    code = """
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as caught:
    print("caught")
    llm_query("while redirected")
print("free")
FINAL(caught.getvalue())
"""
    result = ask([[code]])
    assert result.answer == "caught\n"
    assert result.steps[0].output == "free\n"


def test_code_may_write_to_a_closed_or_flushed_stream(ask: Ask) -> None:
    code = "import sys\nsys.stdout.close()\nprint('still there', flush=True)"
    assert ask.output(code).endswith("still there\n")


def test_a_block_that_never_was_python_is_told_with_its_line(ask: Ask) -> None:
    told = ask.output("x = 1\nif x\n    print(x)")
    assert told.startswith("Step 1 raised an exception.")
    assert "line 2\n    if x\n        ^\nSyntaxError: expected ':'" in told
    assert "Traceback" not in told
