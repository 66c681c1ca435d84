"""The end of a run ends its calls: nothing stays in flight, and what wasn't sent costs nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rlm_magic import RLM, Budget, Result
from rlm_magic.events import CallHedged, CallRetried, Event, SubCallFinished, SubCallStarted
from rlm_magic.models.ledger import Ledger
from tests.engine import Program, engine, of, repl
from tests.servers.client import FakeOpenAI

# litellm's streams still read what pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

BATCH = "llm_query_batched([f'p{i}' for i in range(COUNT)])"
PICTURES = "llm_query_batched([f'p{i}' for i in range(8)], images=['https://example.org/a'] * 8)"
PRICES = {"openai/scripted": {"input": 1, "output": 4}}


def batch(count: int) -> str:
    return repl(BATCH.replace("COUNT", str(count)))


def session(**bounds: float) -> Ledger:
    return Ledger(Budget(**{"tokens": 100_000_000} | bounds))  # type: ignore[arg-type]


def account(result: Result) -> tuple[int, float]:
    """The tokens and the dollars that a run took at most."""
    usage, lost = result.usage, result.usage.abandoned
    return usage.tokens + lost.tokens, (usage.usd or 0) + (lost.usd or 0)


def stopped(rlm: RLM, server: FakeOpenAI, **conditions: int) -> Result:
    """Stop a run when the server has seen so much of it."""

    def stop() -> None:
        try:
            server.wait_for(**conditions)
        finally:
            rlm.stop()

    with ThreadPoolExecutor(1) as thread:
        stopping = thread.submit(stop)
        result = rlm.completion("q")
        stopping.result()
    server.wait_for(idle=True)
    assert result.status == "stopped"
    return result


def test_a_batch_on_the_light_lane(server: FakeOpenAI) -> None:
    server.script([batch(20)])
    server.rule("p", hold="never")
    spent = session()
    result = stopped(engine(server, session=spent), server, held=20)
    assert server.counts()["aborted"] == 20
    assert {it.cancelled for it in of(result, SubCallFinished)} == {True}
    assert result.usage.cancelled_calls == result.usage.abandoned.requests == 20
    assert (spent.spent.calls, spent.spent.tokens) == (21, account(result)[0])


def test_a_batch_on_the_full_lane(server: FakeOpenAI) -> None:
    server.script([repl(PICTURES)])
    server.rule("p", hold="never")
    spent = session()
    result = stopped(engine(server, session=spent), server, held=8)
    assert server.counts()["aborted"] == 8
    assert spent.spent.tokens == account(result)[0]


def test_a_reply_that_streams(server: FakeOpenAI) -> None:
    server.script([{"content": "word " * 200, "hold": "never", "hold_after": 3}])
    spent = session()
    result = stopped(engine(server, session=spent, stream=True), server, held=1)
    assert server.counts()["aborted"] == 1
    assert result.answer is None
    assert spent.spent.calls == 1
    assert spent.spent.tokens > 4096  # the worst case


def test_both_requests_of_a_hedged_call(server: FakeOpenAI) -> None:
    server.script([batch(10)])
    server.rule("p0", hold="never")
    server.rule("p", "ok", delay=0.1)
    spent = session()
    result = stopped(engine(server, session=spent, hedge=5), server, held=2)
    assert server.counts()["aborted"] == 2
    assert len(of(result, CallHedged)) == 1
    [cancelled] = [it for it in of(result, SubCallFinished) if it.cancelled]
    assert (cancelled.hedged, cancelled.abandoned.requests) == (True, 2)
    assert (spent.spent.calls, spent.spent.tokens) == (12, account(result)[0])


def test_calls_that_wait_for_another_try(server: FakeOpenAI) -> None:
    server.script([batch(5)])
    server.rule("p", status=503, headers={"Retry-After": "60"})
    spent = session()
    told: list[Event] = []

    def stop(event: Event) -> None:
        if isinstance(event, CallRetried):
            told.append(event)
            if len(told) == 5:
                rlm.stop()

    rlm = engine(server, session=spent, on_event=stop)
    result = rlm.completion("q")
    assert result.status == "stopped"
    assert len(server.sub_requests()) == 5
    assert {it.fault for it in of(result, CallRetried)} == {"overloaded"}
    # What was refused was counted as a request and took no tokens.
    assert spent.spent.calls == 6
    assert spent.spent.tokens == account(result)[0] == result.usage.tokens


def test_calls_that_wait_for_their_turn(server: FakeOpenAI) -> None:
    server.script([batch(50)])
    server.rule("p", hold="never")
    spent = session()
    rlm = engine(server, session=spent, concurrency=4)
    result = stopped(rlm, server, held=4)
    assert len(server.sub_requests()) == 4
    assert len(of(result, SubCallStarted)) == len(of(result, SubCallFinished)) == 4
    assert result.usage.abandoned.requests == 4
    assert (spent.spent.calls, spent.spent.tokens) == (5, account(result)[0])


def test_calls_that_wait_for_the_one_that_brings_their_prefix(server: FakeOpenAI) -> None:
    server.script([repl("llm_query_batched(['word ' * 3_000 + f'{i}' for i in range(5)])")])
    server.rule("word", hold="never")
    spent = session()
    model = "anthropic/claude-sonnet-4-5"
    rlm = engine(server, model, api_base=server.anthropic_url, session=spent)
    result = stopped(rlm, server, held=1)
    assert len(server.sub_requests()) == 1
    assert (spent.spent.calls, spent.spent.tokens) == (2, account(result)[0])


def test_calls_of_threads(server: FakeOpenAI) -> None:
    code = """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(llm_query, [f"p{i}" for i in range(100)]))
    """
    server.script([repl(code)])
    server.rule("p", hold="never")
    spent = session()
    rlm = engine(server, session=spent, concurrency=8)
    result = stopped(rlm, server, held=8)
    assert len(of(result, SubCallStarted)) == len(of(result, SubCallFinished)) < 100
    assert spent.spent.calls == 1 + result.usage.abandoned.requests
    assert spent.spent.tokens == account(result)[0]


def test_calls_of_child_runs(server: FakeOpenAI) -> None:
    server.script([repl("rlm_query_batched(['x', 'y', 'z'])")], model="scripted")
    server.script([batch(4)] * 3, model="child")
    server.rule("p", hold="never")
    spent = session()
    rlm = engine(server, session=spent, sub_model="openai/child", max_depth=2)
    result = stopped(rlm, server, held=12)
    assert server.counts()["aborted"] == 12
    assert (spent.spent.calls, spent.spent.tokens) == (16, account(result)[0])


def test_a_batch_that_is_stopped_early_takes_no_more_than_it_sent(
    server: FakeOpenAI,
) -> None:
    code = f"""
    from rlm_magic import ModelError
    try:
        {BATCH.replace("COUNT", "500")}
    except ModelError:
        FINAL("stopped")
    """
    server.script([repl(code)])
    server.rule("p", status=401)
    spent = session()
    result = engine(server, session=spent, concurrency=8).completion("q")
    assert result.answer == "stopped"
    server.wait_for(idle=True)
    started = of(result, SubCallStarted)
    assert len(server.requests()) <= spent.spent.calls <= 1 + len(started) < 50
    assert spent.spent.tokens == account(result)[0]


def test_the_dollars_of_a_session_hold_over_its_runs(server: FakeOpenAI) -> None:
    """Answered, stopped, failed, and refused in the end: one account."""
    spent = session(usd=0.2)
    rlm = engine(server, session=spent, prices=PRICES, concurrency=4)
    server.script([repl("FINAL(llm_query_batched(['a', 'b']))")])
    results = [rlm.completion("q")]

    server.script([batch(6)])
    server.rule("p", hold="never")
    results.append(stopped(rlm, server, held=4))

    server.script([{"status": 400}])
    results.append(rlm.completion("q"))
    assert [it.status for it in results] == ["answered", "stopped", "failed"]
    tokens, usd = (sum(parts) for parts in zip(*map(account, results), strict=True))
    assert spent.spent.tokens == tokens
    assert spent.spent.usd == pytest.approx(usd, abs=1e-9)
    assert spent.spent.calls == len(server.requests())
    assert spent.usd_left == pytest.approx(0.2 - usd, abs=1e-9)

    sent = len(server.requests())
    server.script([repl(f"FINAL({BATCH.replace('COUNT', '10')})"), "FINAL(refused)"])
    refused = rlm.completion("q")
    assert refused.answer == "refused"
    assert "The budget is $0.2 and $0." in server.requests()[-1].prompt
    assert len(server.requests()) == sent + 2


INTERRUPTED = """
from rlm_magic.models.ledger import Ledger
session = Ledger(Budget(tokens=10_000_000))
rlm = engine(session=session, concurrency=4, OPTIONS)
try:
    rlm.completion("q")
except RunInterrupted as end:
    lost = end.result.usage.abandoned
    print(lost.requests, session.spent.tokens == end.result.usage.tokens + lost.tokens)
print(rlm.completion("q").answer, session.spent.calls)
"""


@pytest.mark.parametrize(
    ("code", "options", "held", "calls"),
    [
        (batch(30), "", 4, 4),
        (repl(PICTURES), "", 4, 4),
        (batch(10), "hedge=5", 2, 11),
    ],
    ids=["light lane", "full lane", "hedged"],
)
def test_ctrl_c_leaves_nothing_in_flight_and_the_account_true(
    server: FakeOpenAI, code: str, options: str, held: int, calls: int
) -> None:
    server.script([code])
    server.rule("p0" if options else "p", hold="never")
    server.rule("p", "ok", delay=0.1)
    with Program(INTERRUPTED.replace("OPTIONS", options), server) as program:
        server.wait_for(held=held)
        server.script([repl("FINAL('the next run')")])
        program.interrupt()
        server.wait_for(aborted=held, idle=True)
        done = program.end()
    assert (done.out, done.err) == (f"{held} True\nthe next run {calls + 2}\n", "")
