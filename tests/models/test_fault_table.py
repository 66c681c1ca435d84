"""A provider at its worst: a fifth of all requests fail, in every way, and no reply is lost."""

from __future__ import annotations

import asyncio
from collections import Counter

from rlm_magic import Budget
from rlm_magic.events import CallRetried, SubCallFinished
from rlm_magic.models.ledger import Ledger
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

SHARES = {
    "429": 0.05,
    "500": 0.05,
    "503": 0.02,
    "reset": 0.03,
    "malformed": 0.02,
    "empty_choices": 0.02,
    "hang": 0.01,
}
NAMES = {
    "429": "rate_limit",
    "500": "server",
    "503": "overloaded",
    "empty_choices": "empty",
    "hang": "timeout",
}
CALLS = 1_000


def test_all_of_a_thousand_calls_are_answered_and_none_is_charged_twice(
    server: FakeOpenAI,
) -> None:
    server.script([repl(f"FINAL(llm_query_batched(f'chunk {{i}}' for i in range({CALLS})))")])
    server.rule("chunk", "about {prompt}", faults=SHARES)
    session = Ledger(Budget(tokens=100_000_000))
    result = engine(server, timeout=3, session=session).completion("q")

    assert result.answer == [f"about chunk {i}" for i in range(CALLS)]
    assert server.charged() == {f"chunk {i}": 1 for i in range(CALLS)}

    met = Counter(request.fault for request in server.sub_requests() if request.fault)
    assert sum(met.values()) > CALLS / 6
    assert met.keys() == SHARES.keys()
    told = Counter(event.fault for event in of(result, CallRetried))
    assert told == {NAMES.get(fault, fault): count for fault, count in met.items()}

    usage = result.usage
    assert (usage.calls, usage.failed_calls) == (CALLS + 1, 0)
    assert usage.retried_calls == sum(met.values())
    # What may have been charged is counted apart, and so it is in the account.
    lost = [met[fault] for fault in ("reset", "malformed", "empty_choices", "hang")]
    assert usage.abandoned.requests == sum(lost)
    assert session.spent.tokens == usage.tokens + usage.abandoned.tokens
    assert session.spent.calls == len(server.requests())


async def test_usage_counts_what_failed_was_retried_hedged_and_cancelled(
    server: FakeOpenAI,
) -> None:
    code = """
    told = llm_query_batched(["bad", "twice", "slow", *"abcdefg"])
    llm_query_batched(["never 1", "never 2", "never 3"])
    """
    server.script([repl(code)])
    server.rule("bad", status=500)
    server.rule("twice", status=503, times=1)
    server.rule("slow", hold="never", times=1)
    server.rule("never", hold="never")
    server.rule(reply="ok", delay=0.1)
    rlm = engine(server, hedge=5, retries=1)
    running = asyncio.create_task(rlm.acompletion("q"))
    await server.async_wait_for(held=3, aborted=1)
    rlm.stop()
    usage = (await running).usage
    assert (usage.calls, usage.failed_calls) == (10, 1)
    assert (usage.retried_calls, usage.hedged_calls, usage.cancelled_calls) == (2, 1, 3)
    assert usage.abandoned.requests == 4  # the straggler, and what was cancelled
    await server.async_wait_for(aborted=4, idle=True)


def test_each_fault_stands_with_its_call_in_the_trace(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['a', 'b', 'c']))")])
    server.rule("a", fault="malformed")
    server.rule("b", status=503, times=1)
    result = engine(server, retries=1).completion("q")
    ended = {it.call: (it.fault, it.retries) for it in of(result, SubCallFinished)}
    assert ended == {1: ("malformed", 1), 2: (None, 1), 3: (None, 0)}
    assert {it.call: it.fault for it in of(result, CallRetried)} == {
        1: "malformed",
        2: "overloaded",
    }
