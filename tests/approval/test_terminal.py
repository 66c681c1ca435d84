"""The question in a terminal: what is shown, what can be typed, and nobody there to type it."""

from __future__ import annotations

import io
from subprocess import PIPE
from textwrap import dedent

import pytest

from rlm_magic import Result
from tests.engine import Done, Program, engine, repl, run_program
from tests.servers.client import FakeOpenAI

TELL = """
result = engine(approve="always").completion("q")
print("\\nRESULT", result.status, repr(result.answer), result.error)
"""

NOBODY = "Nobody can be asked to approve the code, so it was not run"


class Person:
    """Types lines to a run with approval, and reads what it shows."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch
        self.read = ""

    def answers(self, server: FakeOpenAI, *lines: str) -> Result:
        self._patch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        result = engine(server, approve="always").completion("q")
        self.read = self._capsys.readouterr().out
        return result


@pytest.fixture
def person(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(capsys, monkeypatch)


def ended(done: Done) -> str:
    return done.out.rsplit("RESULT ", 1)[1].strip()


def test_the_code_and_its_review_are_shown(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("import os\nx = [1]\nFINAL(x)")])
    assert person.answers(server, "a").answer == [1]
    assert "    import os\n    x = [1]\n    FINAL(x)\n" in person.read
    assert "Step 1" in person.read
    assert "imports os" in person.read
    assert "[a]pprove, [e]dit, [r]eject, approve a[l]l code, [s]top" in person.read


@pytest.mark.parametrize("word", ["a", "A", " approve ", "Approve", "y"])
def test_letters_and_words_are_understood(server: FakeOpenAI, person: Person, word: str) -> None:
    server.script([repl("FINAL(1)")])
    assert person.answers(server, word).answer == 1


def test_what_is_not_understood_is_asked_again(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("FINAL(1)")])
    assert person.answers(server, "?", "", "certainly", "a").answer == 1
    assert person.read.count("Run it?") == 4


def test_a_rejection_asks_for_a_note(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("FINAL(1)"), repl("FINAL(2)")])
    assert person.answers(server, "r", "not that one", "a").answer == 2
    assert "Their note: not that one" in server.requests()[1].prompt


def test_approve_all_asks_once(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("x = 1"), repl("x += 1"), repl("FINAL(x)")])
    assert person.answers(server, "l").answer == 2
    assert person.read.count("Run it?") == 1


def test_stop_ends_the_run(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("FINAL(1)")])
    assert person.answers(server, "s").status == "stopped"


def test_lines_can_be_edited(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("x = 1\ny = 2\nFINAL((x, y))")])
    lines = ["e", "7", "1", "x = 10", "2", "", "2", "y = 30; FINAL((x, y))", ""]
    assert person.answers(server, *lines).answer == (10, 30)
    assert "There are lines 1 to 3; 4 adds one at the end." in person.read
    assert "   1 x = 10\n" in person.read


def test_a_line_can_be_added(server: FakeOpenAI, person: Person) -> None:
    server.script([repl("x = 1")])
    assert person.answers(server, "e", "2", "FINAL(x + 1)", "").answer == 2


def test_what_code_prints_is_not_mistaken_for_the_question(
    server: FakeOpenAI, person: Person
) -> None:
    server.script([repl("print('Run it?')\nx = 1"), repl("FINAL(x)")])
    assert person.answers(server, "a", "a").answer == 1
    assert person.read.count("Run it?") == 3, "two questions, and the code that was shown"


def test_with_nobody_to_ask_it_fails_closed(server: FakeOpenAI) -> None:
    server.script([repl("print('it ran')")])
    done = run_program(TELL, server)
    assert ended(done).startswith(f"failed None {NOBODY}")
    assert "approve='never'" in ended(done)
    assert "it ran" not in str(server.requests())
    assert done.err == ""


@pytest.mark.parametrize("close", ["os.close(0)", "sys.stdin.close()", "sys.stdin = None"])
def test_without_a_standard_input_it_fails_closed(server: FakeOpenAI, close: str) -> None:
    server.script([repl("FINAL(1)")])
    done = run_program(close + TELL, server)
    assert ended(done).startswith(f"failed None {NOBODY}")


def test_the_end_of_input_in_the_middle_of_an_edit_fails_closed(
    server: FakeOpenAI, person: Person
) -> None:
    server.script([repl("FINAL(1)")])
    result = person.answers(server, "e", "1")
    assert (result.status, result.answer) == ("failed", None)
    assert (result.error or "").startswith(NOBODY)


def test_ctrl_c_at_the_question_interrupts_the_run(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    source = """
    try:
        engine(approve="always").completion("q", namespace=(mine := {"context": 1}))
    except RunInterrupted as end:
        print("\\nRESULT", end.result.status, end.result.answer, mine)
    """
    with Program(dedent(source), server, stdin=PIPE) as program:
        while "FINAL(1)" not in program.line():
            continue
        assert program.process.stdout is not None
        assert program.process.stdout.read(7) == "Run it?"
        program.interrupt()
        done = program.end()
    assert ended(done) == "interrupted None {'context': 1}"
    assert done.err == ""
