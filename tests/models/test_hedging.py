"""A straggler of a batch is asked again: the first reply wins, and the other request is ended."""

from __future__ import annotations

import asyncio

import pytest

from rlm_magic import Budget, Result
from rlm_magic.events import CallHedged, SubCallFinished, SubCallStarted
from rlm_magic.models.ledger import Ledger
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

OTHERS = 9
BATCH = repl(f"FINAL(llm_query_batched(['slow', *(f'{{i}}' for i in range({OTHERS}))]))")
ECHOES = ["ok"] * OTHERS


def others_are_quick(server: FakeOpenAI) -> None:
    server.script([BATCH])
    server.rule(reply="ok", delay=0.1)


def slow(result: Result) -> SubCallFinished:
    [call] = [it.call for it in of(result, SubCallStarted) if it.prompt == "slow"]
    [finished] = [it for it in of(result, SubCallFinished) if it.call == call]
    return finished


def asked(server: FakeOpenAI) -> int:
    """How often the straggler was asked."""
    return len([request for request in server.sub_requests() if request.prompt == "slow"])


def test_a_straggler_is_asked_again_and_the_second_reply_wins(server: FakeOpenAI) -> None:
    server.rule("slow", "first", hold="never", times=1)
    server.rule("slow", "second")
    others_are_quick(server)
    result = engine(server, hedge=5).completion("q")
    assert result.answer == ["second", *ECHOES]
    assert [it.call for it in of(result, CallHedged)] == [slow(result).call]
    assert slow(result).hedged
    assert result.usage.hedged_calls == 1
    server.wait_for(aborted=1, idle=True)
    assert asked(server) == 2


async def test_the_first_reply_wins_where_it_comes_first(server: FakeOpenAI) -> None:
    server.rule("slow", "first", hold="first", times=1)
    server.rule("slow", "second", hold="never")
    others_are_quick(server)
    running = asyncio.create_task(engine(server, hedge=5).acompletion("q"))
    await server.async_wait_for(held=2)
    server.open("first")
    assert (await running).answer == ["first", *ECHOES]
    await server.async_wait_for(aborted=1, idle=True)


def test_the_cost_of_the_loser_stays_in_the_account(server: FakeOpenAI) -> None:
    server.rule("slow", "first", hold="never", times=1)
    others_are_quick(server)
    session = Ledger(Budget(tokens=1_000_000, usd=10))
    prices = {"openai/scripted": {"input": 1, "output": 4}}
    result = engine(server, hedge=5, session=session, prices=prices).completion("q")
    usage = result.usage
    assert result.answer == ["ok", *ECHOES]
    assert slow(result).abandoned.requests == usage.abandoned.requests == 1
    assert usage.abandoned.tokens > 4096
    assert usage.abandoned.usd is not None
    assert session.spent.calls == OTHERS + 3
    assert session.spent.tokens == usage.tokens + usage.abandoned.tokens
    assert session.spent.usd == pytest.approx((usage.usd or 0) + usage.abandoned.usd)


@pytest.mark.parametrize(("calls", "hedged"), [(OTHERS + 3, True), (OTHERS + 2, False)])
def test_what_the_budget_does_not_cover_is_not_asked_again(
    server: FakeOpenAI, calls: int, hedged: bool
) -> None:
    server.rule("slow", "late", delay=2, times=1)
    others_are_quick(server)
    result = engine(server, hedge=3, budget=Budget(calls=calls)).completion("q")
    assert result.answer == ["ok" if hedged else "late", *ECHOES]
    assert asked(server) == 1 + hedged
    assert result.usage.hedged_calls == len(of(result, CallHedged)) == hedged


def test_without_the_option_nothing_is_asked_again(server: FakeOpenAI) -> None:
    server.rule("slow", "late", delay=2, times=1)
    others_are_quick(server)
    result = engine(server).completion("q")
    assert result.answer == ["late", *ECHOES]
    assert asked(server) == 1
    assert of(result, CallHedged) == []


async def test_where_both_fail_the_slot_holds_a_marked_error(server: FakeOpenAI) -> None:
    server.rule("slow", "out of order", status=500, hold="first", times=1)
    server.rule("slow", "out of order too", status=500, hold="second")
    others_are_quick(server)
    rlm = engine(server, hedge=5, retries=0)
    running = asyncio.create_task(rlm.acompletion("q"))
    await server.async_wait_for(held=2)
    server.open("second")
    await server.async_wait_for(finished=OTHERS + 2)
    server.open("first")
    result = await running
    assert result.answer[0].startswith("[call failed] ")
    assert result.answer[1:] == ECHOES
    assert (slow(result).fault, slow(result).hedged) == ("server", True)
    assert (result.usage.failed_calls, result.usage.hedged_calls) == (1, 1)


async def test_one_that_fails_leaves_the_other_to_be_awaited(server: FakeOpenAI) -> None:
    server.rule("slow", "first", hold="first", times=1)
    server.rule("slow", status=400)
    others_are_quick(server)
    running = asyncio.create_task(engine(server, hedge=5).acompletion("q"))
    await server.async_wait_for(held=1, finished=OTHERS + 2)
    server.open("first")
    assert (await running).answer == ["first", *ECHOES]


def test_a_batch_of_few_has_no_stragglers(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['slow', 'a', 'b', 'c']))")])
    server.rule("slow", "late", delay=1)
    assert engine(server, hedge=1.5).completion("q").answer[0] == "late"
    assert asked(server) == 1
