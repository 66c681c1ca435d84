"""Refusals: code can't end the person's session, nor hang it waiting for a keyboard."""

from __future__ import annotations

import builtins
import getpass
import sys
from typing import Any

import pytest

from tests.run.scripted import Ask

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
        (
            "import asyncio, sys\nasync def f():\n    sys.exit()\nawait asyncio.gather(f())",
            f"Refused: {NO_EXIT}",
        ),
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
