"""`%%rlm` in terminal IPython, with a simple prompt and with prompt_toolkit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.client import FakeOpenAI
from tests.terminal.harness import Terminal

DEADLOCK = 3.0  # seconds: a guard, not a measure
QUESTION = "Run it? [a]pprove, [e]dit, [r]eject, approve a[l]l code, [s]top: "


def repl(*blocks: str) -> list[str]:
    return [f"```repl\n{code}\n```" for code in blocks]


@pytest.fixture(params=[True, False], ids=["simple prompt", "prompt_toolkit"])
def terminal(
    request: pytest.FixtureRequest,
    server: FakeOpenAI,
    trace_dir: Path,
    new_terminal: Callable[..., Terminal],
) -> Terminal:
    terminal = new_terminal(simple=request.param)
    terminal.run("%load_ext rlm_magic")
    terminal.run('%config RLMMagics.model = "openai/scripted"')
    terminal.run(f'%config RLMMagics.api_base = "{server.url}"')
    return terminal


def test_a_session(terminal: Terminal, server: FakeOpenAI) -> None:
    """One terminal for all of it, since starting one is most of the time."""
    terminal.run("text = 'abc' * 100")

    # Progress is text, and so is the answer.
    server.script(
        repl(
            "print('length', len(text))\n!echo from the shell\ntext?",
            "display({'shown': len(llm_query_batched(['a', 'b']))})",
            "FINAL('The answer: {300} $5')",
        )
    )
    output = terminal.run("%%rlm -a never\nHow long is {text}?")
    assert "▸ step 1\n  │ print('length', len(text))\n" in output
    assert "  → length 300\n  → from the shell\n" in output
    assert "▸ step 2\n" in output
    assert "  → {'shown': 2}\n" in output
    assert re.search(r"\[answered · 3 steps · 2 sub-calls · [\d,]+ tokens", output)
    assert output.rstrip().endswith("The answer: {300} $5")
    assert "How long is {text}?" in server.root_requests()[0].messages[1]["content"]
    told = server.root_requests()[1].prompt.replace("\r", "")
    assert "length 300\nfrom the shell\n" in told
    assert "Length:      300" in told

    # An object is displayed as the shell does, and a wrong option is one line.
    server.script(repl("FINAL(list(range(3)))"))
    assert terminal.run("%%rlm -a never -q\nWhy?").strip().endswith("[0, 1, 2]")
    assert terminal.run("%%rlm --bogus\nWhy?").strip() == (
        "UsageError: --bogus: there is no such option; %%rlm? shows the options."
    )

    # Approval at the keyboard.
    server.reset()
    server.script(repl("print('to reject')", "print('to approve')", "FINAL('approved')"))
    terminal.send("%%rlm\nWhy?")
    assert "    print('to reject')" in terminal.expect(QUESTION)
    terminal.answer("r")
    terminal.expect("What should the model know? ")
    terminal.answer("not this one")
    assert "    print('to approve')" in terminal.expect(QUESTION)
    terminal.answer("l")
    assert "approved" in terminal.wait_for_prompt()
    assert "Their note: not this one" in server.root_requests()[1].prompt

    # Ctrl-C while the root model thinks, while code is busy, and at the question.
    server.reset()
    server.script([{"content": "late", "hold": "gate"}])
    terminal.send("%%rlm -a never\nWhy?")
    server.wait_for(held=1)
    interrupted(terminal)

    say = "import sys\nsys.__stdout__.write('bu' + 'sy')\nsys.__stdout__.flush()\n"
    server.script(repl(f"{say}while True: pass"))
    terminal.send("%%rlm -a never\nWhy?")
    terminal.expect("busy")
    interrupted(terminal)

    server.script(repl("print('never')"))
    terminal.send("%%rlm\nWhy?")
    terminal.expect(QUESTION)
    interrupted(terminal)

    # The next cell works, and an ordinary interrupt is an ordinary interrupt.
    server.script(repl("FINAL(llm_query('hi'))"))
    assert "echo: hi" in terminal.run("%%rlm -a never\nWhy?")
    terminal.send("while not print('slee' + 'ping', flush=True): __import__('time').sleep(60)")
    terminal.expect("sleeping")
    output, _ = terminal.interrupt()
    assert "KeyboardInterrupt" in output
    assert "run" not in output


def interrupted(terminal: Terminal) -> None:
    output, seconds = terminal.interrupt()
    assert seconds < DEADLOCK
    assert "CellInterrupted: The run was interrupted; _rlm holds what there was by then." in output
    assert "rlm_magic" not in output
    assert terminal.run("_rlm.status").endswith("'interrupted'")
    assert "NameError" in terminal.run("llm_query")
