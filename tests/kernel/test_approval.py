"""Approval through `input()`: what is shown, what each answer does, and when nobody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.harness import Kernel
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

QUESTION = "Run it? [a]pprove, [e]dit, [r]eject, approve a[l]l code, [s]top: "


def test_code_is_shown_and_runs_once_it_is_approved(
    rlm_kernel: Kernel, server: FakeOpenAI, tmp_path: Path
) -> None:
    server.script(repl("open('made', 'w').close()", "FINAL('done')"))
    cell = rlm_kernel.start("%%rlm\nWhy?")
    assert cell.wait_for_input() == QUESTION
    assert "Step 1: reaches outside\n" in cell.outcome.stdout
    assert "    open('made', 'w').close()\n" in cell.outcome.stdout
    assert "writes a file" in cell.outcome.stdout
    assert not (tmp_path / "made").exists()

    cell.answer("a")
    assert cell.wait_for_input() == QUESTION
    assert (tmp_path / "made").exists()
    cell.answer("approve")
    assert cell.wait().answer == "done"


def test_an_answer_that_is_none_is_asked_again(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL('done')"))
    outcome = rlm_kernel.run("%%rlm\nWhy?", answers=["", "yes please", " A "])
    assert outcome.prompts == [QUESTION] * 3
    assert outcome.status == "ok"


def test_what_runs_is_exactly_the_edited_code(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("seen.append('as written')\nx = 1\nprint('y')", "FINAL('done')"))
    rlm_kernel.run("seen = []")
    change = ["e", "1", "seen.append('{edited} \\\\ $1')", "2", "", "3", "print('added')", ""]
    outcome = rlm_kernel.run("%%rlm --keep all\nWhy?", answers=[*change, "a"])

    assert outcome.status == "ok"
    assert rlm_kernel.eval("(seen, 'x' in globals())") == (["{edited} \\ $1"], False)
    told = server.root_requests()[1].prompt
    ran = "seen.append('{edited} \\\\ $1')\nprint('y')\nprint('added')"
    assert f"The person edited the code; this is what ran:\n```repl\n{ran}\n```" in told
    assert rlm_kernel.eval("_rlm.steps[0].code") == ran


def test_a_rejection_takes_its_note_to_the_model(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run("seen = []")
    server.script(repl("seen.append(1)", "FINAL(len(seen))"))
    outcome = rlm_kernel.run("%%rlm\nWhy?", answers=["r", "use a {copy}", "a"])

    assert outcome.prompts[1] == "What should the model know? "
    assert outcome.answer == "0"
    told = server.root_requests()[1].prompt
    assert told == ("Step 1 was not run: the person rejected the code. Their note: use a {copy}")


def test_approving_all_asks_no_more(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("x = 1", "y = 2", "FINAL(x + y)"))
    outcome = rlm_kernel.run("%%rlm\nWhy?", answers=["l"])
    assert outcome.answer == "3"

    server.script(repl("FINAL('next run')"))
    assert rlm_kernel.run("%%rlm\nWhy?", answers=["a"]).prompts == [QUESTION]


def test_stopping_runs_nothing_and_ends_the_run(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run("seen = []")
    server.script(repl("seen.append(1)"))
    outcome = rlm_kernel.run("%%rlm\nWhy?", answers=["s"])

    assert outcome.error is not None
    assert outcome.error.traceback == "RunEnded: The run was stopped."
    assert rlm_kernel.eval("(seen, _rlm.status)") == ([], "stopped")
    assert server.counts()["received"] == 1


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("print(len(data))", False),
        ("total = sum(data)", False),
        ("data.append(1)", True),
        ("open('f', 'w').write('x')", True),
        ("!echo hi", True),
        ("import os; os.remove('f')", True),
        ("import urllib.request; urllib.request.urlopen('http://localhost:1')", True),
    ],
    ids=["reads", "binds", "in place", "writes", "shell", "deletes", "network"],
)
def test_risky_asks_only_when_the_review_finds_something(
    rlm_kernel: Kernel, server: FakeOpenAI, code: str, asked: bool
) -> None:
    rlm_kernel.run("data = [1, 2]")
    server.script(repl(code, "FINAL('done')"))
    outcome = rlm_kernel.run("%%rlm -a risky\nWhy?", answers=["r", ""] if asked else [])
    assert outcome.status == "ok"
    assert len(outcome.prompts) == 2 * asked


def test_without_anyone_to_ask_nothing_is_called(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    outcome = rlm_kernel.run("%%rlm\nWhy?", stdin=False)
    assert outcome.text == (
        "UsageError: Nobody can be asked to approve code here: run the notebook where input is "
        "possible, or allow the code with -a never.\n"
    )
    assert server.counts()["received"] == 0


def test_without_anyone_to_ask_risky_code_is_not_run(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run("data = [1]")
    server.script(repl("print(len(data))", "data.clear()"))
    outcome = rlm_kernel.run("%%rlm -a risky\nWhy?", stdin=False)

    assert outcome.error is not None
    assert outcome.error.traceback.startswith(
        "RunEnded: Nobody can be asked to approve the code, so it was not run"
    )
    assert "\n" not in outcome.error.traceback
    assert rlm_kernel.eval("(data, _rlm.status, len(_rlm.steps))") == ([1], "failed", 2)


def test_the_code_of_child_runs_is_asked_about_too(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(
        repl(
            "found = rlm_query('Sub?', 'data')",
            "print('in the child', context)",
            "FINAL(context.upper())",
            "FINAL(found)",
        )
    )
    outcome = rlm_kernel.run(
        "%%rlm --depth 2\nWhy?", answers=["a", "e", "1", "x = 1", "", "a", "a"]
    )
    assert "Step 1, depth 1: reads only\n" in outcome.stdout
    assert outcome.answer == "DATA"
    assert "print('in the child', context)" in outcome.stdout
    assert "this is what ran:\n```repl\nx = 1\n```" in server.root_requests()[2].prompt


def test_a_child_can_be_stopped(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("found = rlm_query('Sub?', 'data')", "print('in the child')"))
    outcome = rlm_kernel.run("%%rlm --depth 2\nWhy?", answers=["a", "s"])
    assert outcome.error is not None
    assert outcome.error.evalue == "The run was stopped."
    assert server.counts()["received"] == 2


def test_never_asks_nothing(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("import os; os.mkdir('d')", "FINAL('done')"))
    outcome = rlm_kernel.run("%%rlm -a never\nWhy?", stdin=False)
    assert (outcome.status, outcome.prompts) == ("ok", [])
