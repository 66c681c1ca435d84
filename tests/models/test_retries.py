"""What is asked again after a fault, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from rlm_magic import Budget
from rlm_magic.events import CallRetried, Notice, RootFailed, RootStreamed, SubCallFinished
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

# litellm's streams still read what pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

PASSING: dict[str, dict[str, Any]] = {
    "server": {"status": 500},
    "overloaded": {"status": 503},
    "rate_limit": {"status": 429},
    "reset": {"fault": "reset"},
    "malformed": {"fault": "malformed"},
    "empty": {"fault": "empty_choices"},
    "timeout": {"fault": "hang"},
}


@pytest.mark.parametrize("fault", PASSING)
def test_a_sub_call_is_asked_again_after_a_passing_fault(server: FakeOpenAI, fault: str) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    server.rule("hi", times=1, **PASSING[fault])
    server.rule("hi", "hello")
    result = engine(server, timeout=3).completion("q")
    assert result.answer == "hello"
    [retried] = of(result, CallRetried)
    assert (retried.call, retried.fault) == (1, fault)
    [finished] = of(result, SubCallFinished)
    assert (finished.retries, finished.reply) == (1, "hello")
    assert result.usage.retried_calls == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", PASSING)
def test_the_root_model_is_asked_again_too(server: FakeOpenAI, fault: str, stream: bool) -> None:
    server.script([PASSING[fault], repl("FINAL('hello')")])
    result = engine(server, timeout=3, stream=stream).completion("q")
    assert result.answer == "hello"
    assert [(retried.call, retried.fault) for retried in of(result, CallRetried)] == [(None, fault)]


def test_a_reply_whose_stream_breaks_off_is_streamed_anew_from_its_start(
    server: FakeOpenAI,
) -> None:
    reply = repl("# " + "x" * 400 + "\nFINAL('hello')")
    broken = {"content": reply, "fault": "truncate_stream"}
    server.script([broken, reply])
    result = engine(server, stream=True).completion("q")
    assert result.answer == "hello"
    [retried] = of(result, CallRetried)
    pieces = [piece for piece in of(result, RootStreamed) if piece.seq > retried.seq]
    assert pieces[0].start == 0
    assert "".join(piece.text for piece in pieces) == reply


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ({"status": 400}, "bad_request"),
        ({"status": 401}, "bad_key"),
        ({"status": 404}, "not_found"),
        ({"status": 429, "body": {"error": {"code": "insufficient_quota"}}}, "quota"),
    ],
)
def test_what_will_fail_again_is_not_asked_again(
    server: FakeOpenAI, reply: dict[str, Any], fault: str
) -> None:
    server.script([reply])
    result = engine(server).completion("q")
    assert result.status == "failed"
    assert of(result, RootFailed)[0].fault == fault
    assert len(server.requests()) == 1


def test_a_bad_key_stops_a_batch_early_with_one_sentence(server: FakeOpenAI) -> None:
    code = """
    from rlm_magic import ModelError
    try:
        llm_query_batched([f"{i}" for i in range(1000)])
    except ModelError as error:
        FINAL(str(error))
    """
    server.script([repl(code)])
    server.rule(status=401)
    result = engine(server, concurrency=8).completion("q")
    assert "refused the key" in result.answer
    assert result.answer.endswith("The batch of 1,000 calls was stopped.")
    assert len(server.sub_requests()) <= 16


@pytest.mark.parametrize("concurrency", [1, 4, 64])
@pytest.mark.parametrize("bad", [0, 19])
def test_one_bad_request_among_good_ones_leaves_the_others_alone(
    server: FakeOpenAI, concurrency: int, bad: int
) -> None:
    server.script([repl("FINAL(llm_query_batched([f'({i})' for i in range(20)]))")])
    server.rule(f"({bad})", status=400)
    server.rule(delay=0.1)
    answer = engine(server, concurrency=concurrency).completion("q").answer
    assert [reply.startswith("[call failed] ") for reply in answer].index(True) == bad
    assert sum(reply.startswith("[call failed] ") for reply in answer) == 1


def test_a_batch_of_nothing_but_bad_requests_is_stopped_early(server: FakeOpenAI) -> None:
    code = """
    from rlm_magic import ModelError
    try:
        llm_query_batched([f"{i}" for i in range(1000)])
    except ModelError as error:
        FINAL(str(error))
    """
    server.script([repl(code)])
    server.rule(status=400)
    result = engine(server, concurrency=2).completion("q")
    assert "The batch of 1,000 calls was stopped." in result.answer
    assert len(server.sub_requests()) < 10


def test_a_quota_that_ends_midway_stops_what_was_not_sent_and_keeps_the_replies(
    server: FakeOpenAI,
) -> None:
    server.script([repl("FINAL(llm_query_batched([f'{i}' for i in range(300)]))")])
    server.rule(reply="ok", times=20)
    server.rule(status=429, body={"error": {"code": "insufficient_quota"}})
    answer = engine(server, concurrency=8).completion("q").answer
    assert answer.count("ok") == 20
    assert sum(reply.startswith("[call failed] ") for reply in answer) == 280
    assert len(server.sub_requests()) <= 36


def test_a_pause_beyond_the_deadline_fails_all_who_wait(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched([f'{i}' for i in range(9)]))")])
    server.rule(status=429, headers={"Retry-After": "3600"})
    answer = engine(server, concurrency=2, deadline=60).completion("q").answer
    assert all(reply.startswith("[call failed] ") for reply in answer)
    assert len(server.sub_requests()) <= 2
    server.script([repl("FINAL(1)")])
    later = engine(server).completion("q")
    assert later.status == "failed"
    assert "It asks to wait 3,600 s, longer than the deadline." in (later.error or "")


def test_the_deadline_of_a_call_begins_when_it_is_sent(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched([f'({i})' for i in range(12)]))")])
    server.rule("(11)", status=500, times=1)
    server.rule(reply="ok", delay=0.3)
    result = engine(server, concurrency=1, deadline=2).completion("q")
    assert result.answer == ["ok"] * 12


def test_it_gives_up_after_the_retries(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('bad'))")])
    server.rule("bad", "out of order", status=500)
    result = engine(server, retries=2).completion("q")
    assert result.answer.startswith("[call failed] ")
    assert len(server.sub_requests()) == 3
    [finished] = of(result, SubCallFinished)
    assert (finished.fault, finished.retries) == ("server", 2)
    assert (result.usage.failed_calls, result.usage.retried_calls) == (1, 2)


def test_refusals_for_the_rate_end_with_the_deadline_and_not_with_the_retries(
    server: FakeOpenAI,
) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    server.rule("hi", status=429, times=3)
    server.rule("hi", "hello")
    assert engine(server, retries=1).completion("q").answer == "hello"
    server.reset()
    server.script([repl("FINAL(llm_query('hi'))")])
    server.rule("hi", status=429, headers={"Retry-After": "60"})
    assert engine(server, deadline=5).completion("q").answer.startswith("[call failed] ")
    assert len(server.sub_requests()) == 1


def test_the_wait_that_a_provider_asks_for_is_kept_by_all_calls(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched([f'{i}' for i in range(20)]))")])
    server.rule("3", status=429, headers={"Retry-After": "1"}, times=1)
    result = engine(server, concurrency=4).completion("q")
    assert result.answer == [f"echo: {i}" for i in range(20)]
    requests = server.sub_requests()
    refused = next(request for request in requests if request.status == 429)
    assert refused.finished_at is not None
    later = [request.received_at for request in requests if request.number > refused.number + 3]
    assert min(later) >= refused.finished_at + 1


def test_each_retry_is_paid_from_the_budget(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('bad'))")])
    server.rule("bad", status=500)
    result = engine(server, budget=Budget(calls=3)).completion("q")
    assert len(server.requests()) == 3
    assert "The budget doesn't cover another try" in result.answer


def test_a_request_that_may_have_been_charged_stays_in_the_account(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    server.rule("hi", fault="reset", times=1)
    server.rule("hi", "hello")
    result = engine(server, budget=Budget(tokens=100_000)).completion("q")
    assert result.answer == "hello"
    assert result.usage.abandoned.requests == 1
    assert result.usage.abandoned.tokens > 4096
    assert of(result, Notice) == []
