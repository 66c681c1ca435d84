"""The terminal harness itself, on plain Python cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.terminal.harness import Terminal


@pytest.mark.parametrize("simple", [True, False], ids=["simple prompt", "prompt_toolkit"])
def test_a_terminal_runs_cells_takes_answers_and_is_interrupted(
    new_terminal: Callable[..., Terminal], simple: bool
) -> None:
    terminal = new_terminal(simple=simple)
    assert terminal.run("6 * 7") == "Out[1]: 42"
    assert terminal.run("for i in range(2):\n    print('line', i)") == "line 0\nline 1"
    assert terminal.run("%%capture caught\nprint('kept')") == ""
    assert "ZeroDivisionError" in terminal.run("1 / 0")

    terminal.send("name = input('name? ')")
    assert terminal.expect("name? ") == "name? "
    terminal.answer("Ada")
    terminal.wait_for_prompt()
    assert terminal.run("name") == "Out[6]: 'Ada'"

    terminal.send("while not print('bu' + 'sy', flush=True): __import__('time').sleep(60)")
    terminal.expect("busy")
    output, seconds = terminal.interrupt()
    assert "KeyboardInterrupt" in output
    assert seconds > 0
    assert terminal.run("caught.stdout") == "Out[8]: 'kept\\n'"


def test_a_wait_in_vain_shows_the_terminal(terminal: Terminal) -> None:
    terminal.run("print('here')")
    terminal.send("print('there')")
    with pytest.raises(AssertionError, match=r"TIMEOUT when waiting for 'missing'.*\n*there"):
        terminal.expect("missing", timeout=0.1)
