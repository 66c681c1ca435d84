"""Asking a person about each block of code, and what their decision does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import Approve, ConfigurationError, Edit, Proposal, Reject, Stop
from rlm_magic.approval.decisions import Decision
from rlm_magic.events import CodeDecided, CodeExecuted, CodeProposed, RunStarted
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

Answer = Callable[[Proposal], Decision]
Approver = Callable[[Proposal], Decision | Awaitable[Decision]]


def synchronous(answer: Answer) -> Approver:
    return answer


def asynchronous(answer: Answer) -> Approver:
    async def approve(proposal: Proposal) -> Decision:
        await asyncio.sleep(0)
        return answer(proposal)

    return approve


both = pytest.mark.parametrize("kind", [synchronous, asynchronous])


@both
def test_the_proposal_says_what_wants_to_run(server: FakeOpenAI, kind: Any) -> None:
    seen: list[Proposal] = []

    def answer(proposal: Proposal) -> Decision:
        seen.append(proposal)
        return Approve()

    server.script([repl("a = 1") + "\n" + repl("b = 2"), repl("FINAL(a + b)")])
    result = engine(server, approve=kind(answer)).completion("the question")
    assert result.answer == 3
    assert [(p.code, p.step, p.block, p.depth) for p in seen] == [
        ("a = 1", 1, 1, 0),
        ("b = 2", 1, 2, 0),
        ("FINAL(a + b)", 2, 1, 0),
    ]
    assert {p.run for p in seen} == {result.events[0].run}
    assert {p.question for p in seen} == {"the question"}
    assert seen[0].review.level == "binds new names"


@both
def test_nothing_runs_before_it_is_approved(server: FakeOpenAI, kind: Any) -> None:
    namespace: dict[str, Any] = {"log": []}
    seen: list[list[str]] = []

    def answer(proposal: Proposal) -> Decision:
        seen.append(list(namespace["log"]))
        return Approve()

    server.script([repl("log.append(1)"), repl("log.append(2)\nFINAL('x')")])
    engine(server, approve=kind(answer)).completion("q", namespace=namespace)
    assert seen == [[], [1]]


@both
def test_edited_code_is_exactly_what_runs_and_the_model_is_told(
    server: FakeOpenAI, kind: Any
) -> None:
    edits = iter([Edit("ran = 'theirs'\nprint('edited')"), Approve()])
    server.script([repl("ran = 'ours'"), repl("FINAL(ran)")])
    result = engine(server, approve=kind(lambda _: next(edits))).completion("q")
    assert result.answer == "theirs"
    observed = server.root_requests()[1].prompt
    assert "edited" in observed
    assert "Note: The person edited the code; this is what ran:" in observed
    assert "ran = 'theirs'" in observed
    assert of(result, CodeDecided)[0].code == "ran = 'theirs'\nprint('edited')"
    assert of(result, CodeExecuted)[0].code == "ran = 'theirs'\nprint('edited')"


@both
def test_a_rejection_is_feedback(server: FakeOpenAI, kind: Any) -> None:
    answers = iter([Reject("use the other file"), Approve()])
    server.script([repl("ran = True"), repl("FINAL('ran' in globals())")])
    result = engine(server, approve=kind(lambda _: next(answers))).completion("q")
    assert result.answer is False
    observed = server.root_requests()[1].prompt
    assert "was not run: the person rejected the code" in observed
    assert "use the other file" in observed
    assert [(d.decision, d.note) for d in of(result, CodeDecided)] == [
        ("reject", "use the other file"),
        ("approve", ""),
    ]


def test_after_a_rejection_the_later_blocks_do_not_run(server: FakeOpenAI) -> None:
    answers = iter([Reject(), Approve()])
    server.script([repl("a = 1") + "\n" + repl("b = 2"), repl("FINAL('b' in globals())")])
    result = engine(server, approve=lambda _: next(answers)).completion("q")
    assert result.answer is False
    assert "The blocks after block 1 were not run." in server.root_requests()[1].prompt


@both
def test_stop_ends_the_run_and_runs_nothing(server: FakeOpenAI, kind: Any) -> None:
    namespace: dict[str, Any] = {}
    server.script([repl("ran = True")])
    result = engine(server, approve=kind(lambda _: Stop()), keep="all").completion(
        "q", namespace=namespace
    )
    assert (result.status, result.answer) == ("stopped", None)
    assert "ran" not in namespace
    assert of(result, CodeExecuted) == []
    assert len(server.requests()) == 1


@both
def test_approve_all_asks_no_more_in_this_run(server: FakeOpenAI, kind: Any) -> None:
    asked: list[Proposal] = []

    def answer(proposal: Proposal) -> Decision:
        asked.append(proposal)
        return Approve(rest=True)

    server.script([repl("a = 1"), repl("b = rlm_query('x')"), repl("FINAL(a)")], model="scripted")
    server.script([repl("FINAL(5)")], model="child")
    server.script([repl("FINAL(6)")], model="scripted")
    rlm = engine(server, sub_model="openai/child", max_depth=2, approve=kind(answer))
    result = rlm.completion("q")
    assert result.answer == 1
    assert len(asked) == 1
    assert [event.asked for event in of(result, CodeProposed)] == [True, False, False, False]
    assert [event.rest for event in of(result, CodeDecided)] == [True]
    assert rlm.completion("q").answer == 6
    assert len(asked) == 2, "the next run asks again"


def test_never_asks_nobody(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    result = engine(server, approve="never").completion("q")
    assert result.answer == 1
    assert [event.asked for event in of(result, CodeProposed)] == [False]
    assert of(result, CodeDecided) == []


def test_risky_asks_about_what_is_risky(server: FakeOpenAI, tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(proposal: Proposal) -> Decision:
        asked.append(proposal.code)
        return Reject("no files")

    path = tmp_path / "file"
    write = f"open({str(path)!r}, 'w').write('x')"
    server.script([repl("a = len(context)"), repl(write), repl("FINAL(a)")])
    result = engine(server, approve="risky", ask=ask).completion("q", "text")
    assert result.answer == 4
    assert asked == [write]
    assert not path.exists()


def test_always_asks_about_everything(server: FakeOpenAI) -> None:
    asked: list[str] = []

    def ask(proposal: Proposal) -> Decision:
        asked.append(proposal.code)
        return Approve()

    server.script([repl("a = 1"), repl("FINAL(a)")])
    assert engine(server, approve="always", ask=ask).completion("q").answer == 1
    assert asked == ["a = 1", "FINAL(a)"]


@both
def test_child_runs_are_asked_about_too(server: FakeOpenAI, kind: Any) -> None:
    asked: list[Proposal] = []

    def answer(proposal: Proposal) -> Decision:
        asked.append(proposal)
        return Edit("FINAL('edited child')") if proposal.depth else Approve()

    server.script([repl("FINAL(rlm_query_batched(['x', 'y']))")], model="scripted")
    server.script([repl("FINAL('child')")] * 2, model="child")
    rlm = engine(server, sub_model="openai/child", max_depth=2, approve=kind(answer))
    result = rlm.completion("q")
    assert result.answer == ["edited child"] * 2
    assert [p.depth for p in asked] == [0, 1, 1]
    children = {event.run for event in of(result, RunStarted) if event.depth == 1}
    assert {p.run for p in asked[1:]} == children


@both
def test_stop_in_a_child_run_ends_the_whole_tree(server: FakeOpenAI, kind: Any) -> None:
    server.script([repl("x = rlm_query('x')"), repl("FINAL('never')")], model="scripted")
    server.script([repl("FINAL('child')")], model="child")
    answer = kind(lambda proposal: Stop() if proposal.depth else Approve())
    rlm = engine(server, sub_model="openai/child", max_depth=2, approve=answer)
    assert rlm.completion("q").status == "stopped"
    assert len(server.requests()) == 2


@both
@pytest.mark.parametrize(
    "answer",
    [None, True, "approve", Approve, Edit(None), Edit(5), Reject(None)],  # type: ignore[arg-type]
)
def test_an_answer_that_is_no_decision_runs_nothing(
    server: FakeOpenAI, kind: Any, answer: Any
) -> None:
    server.script([repl("FINAL(1)")])
    result = engine(server, approve=kind(lambda _: answer)).completion("q")
    assert (result.status, result.answer) == ("failed", None)
    assert (result.error or "").startswith("The approve function must return Approve(), Edit(code)")
    assert of(result, CodeExecuted) == []


@both
def test_an_approver_that_raises_runs_nothing(server: FakeOpenAI, kind: Any) -> None:
    def answer(proposal: Proposal) -> Decision:
        raise LookupError("no such panel")

    server.script([repl("FINAL(1)")])
    result = engine(server, approve=kind(answer)).completion("q")
    assert (result.status, result.answer) == ("failed", None)
    assert result.error == (
        "The approve function raised LookupError: no such panel; nothing was run."
    )
    assert of(result, CodeExecuted) == []


@pytest.mark.parametrize("value", ["sometimes", "", None, 1, True])
def test_another_mode_is_refused(server: FakeOpenAI, value: Any) -> None:
    with pytest.raises(ConfigurationError, match="approve must be 'always', 'risky', 'never' or"):
        engine(server, approve=value)


async def test_other_tasks_go_on_while_an_async_approver_waits(server: FakeOpenAI) -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def approve(proposal: Proposal) -> Decision:
        waiting.set()
        await go_on.wait()
        return Approve()

    server.script([repl("FINAL(1)")])
    running = asyncio.create_task(engine(server, approve=approve).acompletion("q"))
    await asyncio.wait_for(waiting.wait(), 20)
    go_on.set()
    assert (await running).answer == 1


async def test_a_run_can_be_cancelled_while_it_waits_for_approval(server: FakeOpenAI) -> None:
    waiting = asyncio.Event()
    cancelled = asyncio.Event()

    async def approve(proposal: Proposal) -> Decision:
        waiting.set()
        try:
            return await asyncio.Future()
        finally:
            cancelled.set()

    namespace: dict[str, Any] = {"answer": "mine"}
    server.script([repl("FINAL(1)")])
    run = engine(server, approve=approve).acompletion("q", namespace=namespace)
    running = asyncio.create_task(run)
    await asyncio.wait_for(waiting.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(cancelled.wait(), 20)
    assert namespace == {"answer": "mine"}
