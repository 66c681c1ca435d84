"""The question whether calls may be sent: when it is asked, how it reads, what answers it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rlm_magic import ApprovalError, Approve, Edit, Proposal, Reject, Stop
from rlm_magic.approval.decisions import Decision, Estimate
from rlm_magic.approval.policy import Policy
from rlm_magic.approval.terminal import terminal_approver
from rlm_magic.workspace.review import review

ESTIMATE = Estimate(spend=1, calls=1_240, model="openai/x", tokens=3_100_000, usd=0.84)
QUESTION = (
    "Send 1,240 calls to openai/x, about 3.1 M tokens, $0.84? "
    "[a]pprove, [r]eject, approve a[l]l calls, [s]top: "
)
Type = Callable[..., tuple[Decision, list[str]]]


def proposal(estimate: Estimate | None = ESTIMATE) -> Proposal:
    code = "replies = llm_query_batched(prompts)"
    reviewed = review(code, set())
    return Proposal(code, reviewed, 1, 1, 0, "r", "q", estimate)


def nobody(_: Proposal) -> Any:
    raise AssertionError("nobody is to be asked")


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Asks in the terminal; returns the decision of a person who types lines, and the questions."""

    def answer(*lines: str, estimate: Estimate = ESTIMATE) -> tuple[Decision, list[str]]:
        asked: list[str] = []
        typed: Iterator[str] = iter(lines)

        def read(question: str) -> str:
            asked.append(question)
            return next(typed)

        monkeypatch.setattr(builtins, "input", read)
        decision = terminal_approver()(proposal(estimate))
        assert isinstance(decision, Approve | Edit | Reject | Stop)
        return decision, asked

    return answer


@pytest.mark.parametrize(
    ("approve", "asks"), [("always", True), ("risky", True), ("never", False), (nobody, True)]
)
def test_spending_is_asked_about_unless_nothing_is(approve: Any, asks: bool) -> None:
    assert Policy(approve, nobody).asks_about(proposal()) is asks


@pytest.mark.parametrize("spend", [True, False])
def test_who_approves_the_rest_of_one_kind_is_still_asked_about_the_other(spend: bool) -> None:
    policy = Policy("always", nobody)
    policy.settle(Approve(rest=True), spend=spend)
    assert policy.asks_about(proposal()) is not spend
    assert policy.asks_about(proposal(None)) is spend


def test_calls_are_not_edited() -> None:
    policy = Policy("always", nobody)
    with pytest.raises(ApprovalError, match=r"Calls can't be edited.*nothing was sent"):
        policy.settle(Edit("x"), spend=True)
    with pytest.raises(ApprovalError, match="not 'yes'; nothing was sent"):
        policy.settle("yes", spend=True)
    for answer in (Approve(), Reject("no"), Stop()):
        assert policy.settle(answer, spend=True) == answer


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (ESTIMATE, "1,240 calls to openai/x, about 3.1 M tokens, $0.84"),
        (Estimate(1, 1, "m", 950, 0.0123), "1 call to m, about 950 tokens, $0.0123"),
        (Estimate(1, 2, "m", 41_200, None), "2 calls to m, about 41 k tokens, price unknown"),
    ],
)
def test_an_estimate_reads_as_one_phrase(estimate: Estimate, words: str) -> None:
    assert str(estimate) == words


@pytest.mark.parametrize(
    ("lines", "decision"),
    [
        (["a"], Approve()),
        (["yes"], Approve()),
        (["l"], Approve(rest=True)),
        (["r", "too much"], Reject("too much")),
        (["s"], Stop()),
    ],
)
def test_the_terminal_asks_for_the_calls_alone(
    types: Type, lines: list[str], decision: Decision, capsys: pytest.CaptureFixture[str]
) -> None:
    decided, asked = types(*lines)
    assert decided == decision
    assert asked[0] == QUESTION
    assert capsys.readouterr().out == "", "the code has been seen, or needs no look"


def test_the_terminal_offers_no_edit_of_calls(
    types: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    decided, asked = types("e", "a")
    assert decided == Approve()
    assert asked == [QUESTION, QUESTION]
    assert capsys.readouterr().out == "Type one of the letters a, r, l, s.\n"


def test_a_models_name_cannot_act_on_the_terminal(types: Type) -> None:
    [question] = types("a", estimate=Estimate(1, 2, "m\x1b[2J", 9, None))[1]
    assert "\x1b" not in question


def test_with_nobody_to_ask_no_call_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", closed)
    with pytest.raises(ApprovalError, match=r"none was sent.*confirm_usd"):
        terminal_approver()(proposal())
