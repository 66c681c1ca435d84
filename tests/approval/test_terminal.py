"""The question in a terminal: what is shown, what can be typed, and nobody there to type it."""

from __future__ import annotations

import re
from subprocess import DEVNULL, PIPE

import pytest

from tests.engine import Done, Program, repl, run_program
from tests.servers.client import FakeOpenAI

TELL = """
result = engine(approve="always").completion("q")
print("\\nRESULT", result.status, repr(result.answer), result.error)
"""

NOBODY = "Nobody can be asked to approve the code, so it was not run"


def answered(server: FakeOpenAI, *lines: str) -> Done:
    """A program with approval, to which a person types `lines`."""
    done = run_program(TELL, server, answers="".join(f"{line}\n" for line in lines))
    assert (done.code, done.err) == (0, "")
    return done


def ended(done: Done) -> str:
    return done.out.rsplit("RESULT ", 1)[1].strip()


def test_the_code_and_its_review_are_shown(server: FakeOpenAI) -> None:
    server.script([repl("import os\nx = [1]\nFINAL(x)")])
    done = answered(server, "a")
    assert ended(done) == "answered [1] None"
    assert "    import os\n    x = [1]\n    FINAL(x)\n" in done.out
    assert "Step 1" in done.out
    assert "imports os" in done.out
    assert "[a]pprove, [e]dit, [r]eject, approve a[l]l, [s]top" in done.out


@pytest.mark.parametrize("word", ["a", "A", " approve ", "Approve"])
def test_letters_and_words_are_understood(server: FakeOpenAI, word: str) -> None:
    server.script([repl("FINAL(1)")])
    assert ended(answered(server, word)) == "answered 1 None"


def test_what_is_not_understood_is_asked_again(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    done = answered(server, "y", "", "certainly", "a")
    assert ended(done) == "answered 1 None"
    assert done.out.count("Run it?") == 4


def test_a_rejection_asks_for_a_note(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)"), repl("FINAL(2)")])
    assert ended(answered(server, "r", "not that one", "a")) == "answered 2 None"
    assert "Their note: not that one" in server.requests()[1].prompt


def test_approve_all_asks_once(server: FakeOpenAI) -> None:
    server.script([repl("x = 1"), repl("x += 1"), repl("FINAL(x)")])
    done = answered(server, "l")
    assert ended(done) == "answered 2 None"
    assert done.out.count("Run it?") == 1


def test_stop_ends_the_run(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    assert ended(answered(server, "s")) == "stopped None The run was stopped."


def test_lines_can_be_edited(server: FakeOpenAI) -> None:
    server.script([repl("x = 1\ny = 2\nFINAL((x, y))")])
    lines = ["e", "7", "1", "x = 10", "2", "", "2", "y = 30; FINAL((x, y))", ""]
    done = answered(server, *lines)
    assert ended(done) == "answered (10, 30) None"
    assert "There are lines 1 to 3; 4 adds one at the end." in done.out
    assert "   1 x = 10\n" in done.out


def test_a_line_can_be_added(server: FakeOpenAI) -> None:
    server.script([repl("x = 1")])
    assert ended(answered(server, "e", "2", "FINAL(x + 1)", "")) == "answered 2 None"


def test_what_code_prints_is_not_mistaken_for_the_question(server: FakeOpenAI) -> None:
    server.script([repl("print('Run it?')\nx = 1"), repl("FINAL(x)")])
    done = answered(server, "a", "a")
    assert ended(done) == "answered 1 None"
    assert done.out.count("Run it?") == 3, "two questions, and the code that was shown"


@pytest.mark.parametrize("stdin", [DEVNULL, PIPE], ids=["null", "closed pipe"])
def test_with_nobody_to_ask_it_fails_closed(server: FakeOpenAI, stdin: int) -> None:
    server.script([repl("print('it ran')")])
    done = run_program(TELL, server, stdin=stdin)
    assert ended(done).startswith(f"failed None {NOBODY}")
    assert "approve='never'" in ended(done)
    assert "it ran" not in str(server.requests())
    assert done.err == ""


@pytest.mark.parametrize("close", ["os.close(0)", "sys.stdin.close()", "sys.stdin = None"])
def test_without_a_standard_input_it_fails_closed(server: FakeOpenAI, close: str) -> None:
    server.script([repl("FINAL(1)")])
    done = run_program(close + TELL, server)
    assert ended(done).startswith(f"failed None {NOBODY}")


def test_the_end_of_input_in_the_middle_of_an_edit_fails_closed(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    assert ended(answered(server, "e", "1")).startswith(f"failed None {NOBODY}")


def test_ctrl_c_at_the_question_interrupts_the_run(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    source = """
    try:
        engine(approve="always").completion("q", namespace=(mine := {"context": 1}))
    except RunInterrupted as end:
        print("\\nRESULT", end.result.status, end.result.answer, mine)
    """
    with Program(re.sub("^    ", "", source, flags=re.M), server, stdin=PIPE) as program:
        while "FINAL(1)" not in program.line():
            continue
        assert program.process.stdout is not None
        assert program.process.stdout.read(7) == "Run it?"
        program.interrupt()
        done = program.end()
    assert ended(done) == "interrupted None {'context': 1}"
    assert done.err == ""
