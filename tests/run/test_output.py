"""Output: what a block shows, and how the root model is told of it."""

from __future__ import annotations

import re
import sys
import threading
import warnings
from typing import Any

import pytest

from tests.run.scripted import Ask


def test_the_value_of_the_last_expression_is_shown(ask: Ask) -> None:
    assert ask.output("x = [1, 2]\nx") == "Step 1 ran. Output (7 characters):\n[1, 2]\n"


@pytest.mark.parametrize(
    "code",
    [
        "5;",
        "5 ;  # why not",
        "'#';",
        "[\n  1,\n];",
        "'é' ;",
        "x = 5",
        "None",
        "x = '\u2028\x0c'\n5;",
        "(1\n);",
    ],
)
def test_a_semicolon_hides_the_value(ask: Ask, code: str) -> None:
    assert ask.output(code).startswith("Step 1 ran. No output.")


@pytest.mark.parametrize(
    ("code", "shown"),
    [("5  # not ;", "5"), ("1; 2", "2"), ("'\u2028;'", r"'\u2028;'"), ("';'", "';'")],
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


def test_what_goes_to_stderr_is_captured_and_not_shown_to_the_person(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import sys\nprint('warn', file=sys.stderr)\nprint('out')\nsys.stderr.write('more')\n1;"
    assert ask.output(code).endswith(":\nwarn\nout\nmore")
    assert capsys.readouterr() == ("", "")


LONG = re.compile(
    r"Step 1 ran\. Output \((?P<total>[\d,]+) characters\):\n(?P<head>.*)\n"
    r"\[… (?P<missing>[\d,]+) of (?P<of>[\d,]+) characters left out; .* …\]\n(?P<tail>.*)",
    re.DOTALL,
)


@pytest.mark.parametrize(
    "code",
    ["print('x' * 499_992 + 'the end', end='')", "for n in range(50_000):\n    print(n % 10)"],
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
    assert "line 2, in <module>\n    raise ValueError" in told
    assert len(told) < 800


def test_hardly_any_room_for_output_is_enough(ask: Ask) -> None:
    assert "left out" in ask.output("print('x' * 50)", max_output=1)
    assert ask.server.counts()["script_left"] == 0


def test_streams_that_code_replaces_are_put_back_after_its_block(ask: Ask) -> None:
    code = "import io, sys\nsys.stdout = sys.stderr = io.StringIO()\nprint('lost')"
    ask([[code], ["print('seen')"], ["FINAL(1)"]])
    assert ask.told(2) == "Step 2 ran. Output (5 characters):\nseen\n"


def test_code_that_prints_to_the_original_stream_disturbs_only_itself(
    ask: Ask, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "import sys\nsys.stdout = sys.__stdout__\nprint('beside the run', flush=True)"
    ask([[code], ["print('seen')"], ["FINAL(1)"]])
    assert ask.told().startswith("Step 1 ran. No output.")
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


def test_prints_of_threads_that_the_code_started_are_captured(ask: Ask) -> None:
    code = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
with ThreadPoolExecutor() as pool:
    list(pool.map(print, ["pool"]))
await asyncio.to_thread(print, "to_thread")
"""
    assert ask.output(code).endswith(":\nthread\npool\nto_thread\n")


def test_prints_of_the_persons_own_threads_are_not(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    go, done = threading.Event(), threading.Event()

    def background() -> None:
        go.wait()
        print("of the person")
        done.set()

    thread = threading.Thread(target=background)
    thread.start()
    namespace = {"go": go, "done": done}
    told = ask.output("go.set()\ndone.wait()\nprint('of the code')", namespace=namespace)
    thread.join()
    assert told.endswith(":\nof the code\n")
    assert capsys.readouterr().out == "of the person\n"


def test_what_is_printed_beside_the_code_goes_to_the_person(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    ask([["print('code')"], ["FINAL(1)"]], on_event=lambda event: print(event.type))
    printed = capsys.readouterr().out.split()
    assert printed[0] == "run_started"
    assert printed[-1] == "run_finished"
    assert "code" not in printed
