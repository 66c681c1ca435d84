"""When the view of a run is drawn, on its own thread and never after its end; what it says."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import pytest

from rlm_magic.events import (
    AnyEvent,
    BatchStarted,
    CallRetried,
    CodeExecuted,
    CodeProposed,
    RootReplied,
    RootRequested,
    RootStreamed,
    RunStarted,
    SpendDecided,
    SpendProposed,
    SubCallFinished,
    SubCallStarted,
    Tokens,
)
from rlm_magic.notebook.progress import CellView, Progress, TerminalView, showing

STARTED = RunStarted(
    run="r",
    question="q",
    model="openai/big",
    sub_model="openai/x",
    depth=0,
    max_depth=1,
    description="",
    version="1",
)
REQUESTED = RootRequested(run="r", step=1, added=())
SPEND = SpendProposed(
    run="r", step=1, spend=1, calls=1_240, model="openai/x", tokens=3_100_000, usd=0.84
)
TOKENS = Tokens(input=90, output=10)
ASKED = CodeProposed(run="r", step=1, block=1, code="x", level="reads only", chips=(), asked=True)


class Spy:
    def __init__(self) -> None:
        self.threads: list[int] = []

    def update(self, progress: Progress) -> None:
        self.threads.append(threading.get_ident())

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None: ...


async def test_a_question_is_drawn_at_once() -> None:
    view, progress = Spy(), Progress()
    async with showing(progress, view):
        progress.take(ASKED)
        assert view.threads == [threading.get_ident()]


async def test_an_event_of_another_thread_is_drawn_by_this_one() -> None:
    view, progress = Spy(), Progress()
    async with showing(progress, view):
        thread = threading.Thread(target=progress.take, args=[ASKED])
        thread.start()
        thread.join()
        assert view.threads == []
    assert view.threads == [threading.get_ident()]


async def test_an_event_that_comes_after_the_end_is_not_drawn_over_the_record() -> None:
    view, progress = Spy(), Progress()
    async with showing(progress, view):
        pass
    progress.take(ASKED)
    assert view.threads == []


def told(*events: AnyEvent) -> Progress:
    progress = Progress()
    for event in (STARTED, REQUESTED, *events):
        progress.take(event.model_copy(update={"time": time.time()}))
    return progress


def sent(call: int) -> SubCallStarted:
    return SubCallStarted(run="r", step=1, call=call, model="openai/x", prompt="p", batch=1)


def ended(call: int, **fields: Any) -> SubCallFinished:
    return SubCallFinished(run="r", step=1, call=call, seconds=1, tokens=TOKENS, **fields)


def retried(call: int | None, wait: float = 12) -> CallRetried:
    return CallRetried(run="r", step=1, call=call, error="429", fault="rate_limit", wait=wait)


def written(text: str, start: int = 0) -> RootStreamed:
    return RootStreamed(run="r", step=1, start=start, text=text)


def test_the_figures_count_calls_by_what_became_of_them() -> None:
    batch = BatchStarted(run="r", step=1, batch=1, calls=5, repeats=3)
    calls = [event for call in (1, 2, 3) for event in (sent(call),)]
    ends = [ended(1, reply="a"), ended(2, reply="b", cached=True), ended(3, error="no")]
    figures = told(batch, *calls, retried(1, 0), *ends).figures()
    assert "2/5 sub-calls · 1 from the store · 1 failed · 1 retried · 200 tokens" in figures


def test_what_there_is_none_of_is_not_counted() -> None:
    figures = told(sent(1), ended(1, reply="a")).figures()
    assert figures.startswith("openai/big · step 1 · asking the root model · 1/1 sub-calls")
    for word in ("store", "failed", "retried", "waiting", "child"):
        assert word not in figures


def test_a_run_that_can_only_wait_says_for_whom_and_how_long() -> None:
    figures = told(retried(None)).figures()
    assert figures.startswith("openai/big refuses further requests: waiting 12 s · 1 retried")


def test_some_calls_that_wait_are_counted_beside_those_that_go_on() -> None:
    reply = RootReplied(run="r", step=1, text="", tokens=TOKENS, usd=None, seconds=1)
    some = told(reply, sent(1), sent(2), retried(1))
    assert "1 waiting" in some.figures()
    assert "refuses" not in some.figures()
    some.take(ended(2, reply="a"))
    assert some.figures().startswith("openai/x refuses further requests: waiting 12 s")
    some.take(ended(1, reply="a"))
    assert "waiting" not in some.figures()


def test_a_short_wait_is_not_worth_a_word() -> None:
    assert "waiting" not in told(retried(None, 0.2)).figures()


async def test_a_question_about_spending_is_drawn_at_once_with_the_calls() -> None:
    view, progress = Spy(), told()
    async with showing(progress, view):
        progress.take(SPEND)
        assert view.threads == [threading.get_ident()]
    assert progress.is_asking
    assert "  ? send 1,240 calls to openai/x, about 3.1 M tokens, $0.84" in progress.running()
    progress.take(SpendDecided(run="r", step=1, spend=1, decision="approve"))
    assert not progress.is_asking
    assert "send" not in "".join(progress.running())


def test_a_reply_is_known_while_it_is_written_even_if_it_begins_anew() -> None:
    progress = told(written("Let me "), written("look", 7))
    assert progress.written == "Let me look"
    progress.take(written("Again", 0))
    assert progress.written == "Again"
    reply = RootReplied(run="r", step=1, text="Again", tokens=TOKENS, usd=None, seconds=1)
    progress.take(reply)
    assert progress.written == ""


def test_a_cell_shows_the_end_of_it_dimmed(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[dict[str, Any]] = []
    view = CellView()
    view.show = lambda data, metadata=None: shown.append(data)  # type: ignore[method-assign]
    view.update(told(written("".join(f"line {n}\n" for n in range(40)) + "<b>")))
    assert "\nline 39\n<b>\nopenai/big" in shown[0]["text/plain"]
    assert "line 9\n" not in shown[0]["text/plain"]
    assert '<span style="opacity: 0.65">&lt;b&gt;</span>' in shown[0]["text/html"]


class Screen:
    """What a terminal shows of what is written to it, as far as progress moves its cursor."""

    def __init__(self, text: str) -> None:
        self.lines = [""]
        row = 0
        for piece in text.replace("\x1b[2m", "").replace("\x1b[m", "").split("\x1b["):
            if piece[:2] in ("1A", "2A", "3A", "4A"):
                row -= int(piece[0])
                piece = piece[2:]
            elif piece.startswith("J"):
                self.lines[row:] = [""]
                piece = piece[1:]
            for sign in piece:
                if sign == "\n":
                    row += 1
                    self.lines[row:] = [""]
                elif sign != "\r":
                    self.lines[row] += sign


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> TerminalView:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((61, 24)))
    return TerminalView()


def test_a_terminal_shows_the_end_of_a_reply_until_the_step_takes_its_place(
    terminal: TerminalView, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = told(written("First.\n" + "word " * 100))
    terminal.update(progress)
    progress.take(written("The end.", 507))
    terminal.update(progress)
    out = capsys.readouterr().out
    screen = Screen(out)
    assert len(screen.lines) == 5
    assert screen.lines[3].endswith("The end.")
    assert screen.lines[4].startswith("openai/big · step 1 · asking the root model")
    assert all(len(line) <= 60 for line in screen.lines)
    assert "\x1b[2mword" in out, "it is dim"

    progress.take(RootReplied(run="r", step=1, text="", tokens=TOKENS, usd=None, seconds=1))
    executed = {"run": "r", "step": 1, "block": 1, "code": "x = 1", "output": "", "seconds": 1}
    progress.take(CodeExecuted.model_validate(executed | {"output_chars": 0}))
    terminal.update(progress)
    screen = Screen(out + capsys.readouterr().out)
    assert screen.lines[:2] == ["▸ step 1", "  │ x = 1"]
    assert len(screen.lines) == 3


def test_signs_of_two_columns_do_not_make_a_row_too_wide(
    terminal: TerminalView, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.update(told(written("字" * 100)))
    assert max(map(len, Screen(capsys.readouterr().out).lines[:-1])) == 30


def test_nothing_moves_while_a_person_is_asked(
    terminal: TerminalView, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.update(told(written("words"), SPEND))
    assert Screen(capsys.readouterr().out).lines == [""]
