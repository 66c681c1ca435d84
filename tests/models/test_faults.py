"""What went wrong with a model call: the fault and the sentence, the same on both lanes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from rlm_magic.errors import Fault, ModelError
from rlm_magic.models.faults import explain_status
from rlm_magic.models.spec import ModelSpec
from tests.models.lanes import FORMATS, KEY, by_full, failure, on_io, opened, spec_of
from tests.servers.client import FakeOpenAI
from tests.servers.recorder import Recorder

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

SPEC = ModelSpec("openai/m", "http://server/v1", KEY)


def error(message: str, code: object = None, kind: str = "invalid_request_error") -> Any:
    return {"error": {"message": message, "type": kind, "code": code, "param": None}}


ANSWERS: list[tuple[Fault, int, Any]] = [
    ("bad_key", 401, error("Incorrect API key provided: sk-abcdef123456.", "invalid_api_key")),
    ("bad_key", 403, error("You may not use this model.")),
    ("bad_key", 400, error("API key not valid. Please pass a valid API key.", 400)),
    ("bad_key", 400, error("No connected db.", "400", "no_db_connection")),
    ("quota", 402, error("Insufficient Balance")),
    ("quota", 429, error("You exceeded your current quota.", "insufficient_quota")),
    ("quota", 400, error("Your credit balance is too low to access the Anthropic API.")),
    ("not_found", 404, error("The model `m` does not exist.", "model_not_found")),
    ("not_found", 404, "404 page not found"),
    ("not_found", 405, {"detail": "Method Not Allowed"}),
    ("bad_request", 400, error("temperature must be at most 2.")),
    ("bad_request", 422, {"detail": [{"loc": ["body"], "msg": "wrong"}]}),
    ("too_long", 400, error("This model's maximum context length is 8 tokens.")),
    ("too_long", 400, error("Too big.", "context_length_exceeded")),
    ("too_long", 400, error("prompt is too long: 209 tokens > 200 maximum")),
    ("too_long", 413, "<html><h1>413 Request Entity Too Large</h1></html>"),
    ("too_long", 429, error("Request too large for m on tokens per min (TPM).")),
    ("refused", 400, error("The response was filtered.", "content_filter")),
    ("refused", 400, error("It violates our usage policy.", "content_policy_violation")),
    ("refused", 403, error("Your input was flagged.")),
    ("rate_limit", 429, error("Slow down.", "rate_limit_exceeded", "requests")),
    ("rate_limit", 429, ""),
    ("overloaded", 503, "busy"),
    ("overloaded", 529, {"type": "error", "error": {"type": "overloaded_error", "message": "Oh"}}),
    ("server", 500, error("The disk is full.")),
    ("server", 502, "<html>\n<title>502 Bad Gateway</title></html>"),
    ("server", 504, "upstream request timeout"),
    ("server", 408, ""),
    ("failed", 304, ""),
]


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with Recorder.start() as recorder:
        yield recorder


@pytest.mark.parametrize(("fault", "status", "body"), ANSWERS)
@pytest.mark.parametrize("model", FORMATS)
def test_the_lanes_explain_an_answer_alike(
    recorder: Recorder, model: str, fault: Fault, status: int, body: Any
) -> None:
    spec = spec_of(model, recorder)
    recorder.answer(body, status=status, headers={"retry-after": "7"} if fault != "quota" else {})
    light = failure(lambda: on_io(opened(spec).complete("q")))
    whole = failure(lambda: by_full(spec, "q"))
    assert light.fault == fault
    assert (str(light), light.fault, light.retry_after) == (
        str(whole),
        whole.fault,
        whole.retry_after,
    )
    assert light.retry_after == (7 if fault != "quota" else None)
    assert "\n" not in str(light)
    assert "<" not in str(light)
    assert str(light).endswith(".")


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("empty", {"choices": []}),
        ("malformed", {"choices": None}),
        ("malformed", {"something": "else"}),
        ("malformed", {"choices": [{"index": 0, "finish_reason": "stop"}]}),
        ("malformed", []),
        ("malformed", "not JSON"),
        ("malformed", ""),
        ("malformed", '{"choices": [{"ind'),
        ("malformed", {"error": {"message": "an error with status 200."}}),
        ("rate_limit", {"error": {"message": "Slow down.", "code": 429}}),
        ("bad_key", {"error": {"message": "No such key.", "code": 401}}),
        ("overloaded", {"error": {"message": "Provider is away.", "code": 503}}),
    ],
)
@pytest.mark.parametrize("model", ["openai/m", "mistral/m"])
def test_the_lanes_explain_a_success_without_a_reply_alike(
    recorder: Recorder, model: str, fault: Fault, body: Any
) -> None:
    recorder.answer(body)
    spec = spec_of(model, recorder)
    light = failure(lambda: on_io(opened(spec).complete("q")))
    whole = failure(lambda: by_full(spec, "q"))
    assert light.fault == fault
    assert (str(light), light.fault) == (str(whole), whole.fault)


@pytest.mark.parametrize("body", [{}, [], "not JSON", '{"con', {"content": None}])
@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"])
def test_a_reply_in_another_format_is_malformed(recorder: Recorder, model: str, body: Any) -> None:
    recorder.answer(body)
    spec = spec_of(model, recorder)
    assert failure(lambda: on_io(opened(spec).complete("q"))).fault == "malformed"
    assert failure(lambda: by_full(spec, "q")).fault == "malformed"


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"fault": "reset"}, "reset"),
        ({"fault": "malformed"}, "malformed"),
        ({"fault": "truncate_stream"}, "truncated"),
        ({"fault": "empty_choices"}, "empty"),
        ({"status": 503}, "overloaded"),
    ],
)
def test_the_lanes_tell_how_a_server_fails(
    server: FakeOpenAI, told: dict[str, Any], fault: Fault
) -> None:
    server.rule("q", "some text", **told)
    spec = spec_of("openai/scripted", server)
    light = failure(lambda: on_io(opened(spec).complete("q")))
    whole = failure(lambda: by_full(spec, "q"))
    assert light.fault == fault
    assert (str(light), light.fault) == (str(whole), whole.fault)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"fault": "reset"}, "reset"),
        ({"fault": "malformed"}, "malformed"),
        ({"fault": "truncate_stream"}, "truncated"),
        ({"fault": "empty_choices"}, "empty"),
        ({"status": 503}, "overloaded"),
    ],
)
def test_a_stream_tells_how_a_server_fails(
    server: FakeOpenAI, told: dict[str, Any], fault: Fault
) -> None:
    server.rule("q", "some text", chunk=2, **told)
    spec = spec_of("openai/scripted", server)
    assert failure(lambda: by_full(spec, "q", on_text=lambda _: None)).fault == fault


@pytest.mark.parametrize("base", ["http://127.0.0.1:9/v1", "http://nosuch.invalid/v1"])
@pytest.mark.parametrize("model", FORMATS)
def test_the_lanes_tell_of_a_server_that_is_not_there(model: str, base: str) -> None:
    spec = ModelSpec(model, base, KEY)
    light = failure(lambda: on_io(opened(spec).complete("q")))
    whole = failure(lambda: by_full(spec, "q"))
    assert light.fault == "connection"
    assert (str(light), light.fault) == (str(whole), whole.fault)
    assert str(light).startswith(f"No connection to {model} at {base}: ")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2h0m1s"}, 7201),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9"}, 9),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "today"}, None),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "1s"}, None),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    told = explain_status(429, b"{}", headers, SPEC)
    assert told.fault == "rate_limit"
    assert told.retry_after == (None if seconds is None else pytest.approx(seconds))


def test_a_date_to_wait_for() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    told = explain_status(503, b"", {"Retry-After": date}, SPEC)
    assert told.retry_after == pytest.approx(600, abs=60)
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert explain_status(503, b"", past, SPEC).retry_after == 0


def test_a_limit_of_a_minute_that_speaks_of_a_quota_is_no_end_of_it() -> None:
    body = b"""{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]}}"""
    told = explain_status(429, body, {}, SPEC)
    assert (told.fault, told.retry_after) == ("rate_limit", 34)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_key_that_the_provider_repeats_is_hidden(recorder: Recorder, status: int) -> None:
    recorder.answer(error(f"Wrong key {KEY} and sk-proj-abcdefgh12345678."), status=status)
    spec = spec_of("openai/m", recorder)
    for told in (
        failure(lambda: on_io(opened(spec).complete("q"))),
        failure(lambda: by_full(spec, "q")),
    ):
        assert KEY not in str(told)
        assert "abcdefgh12345678" not in str(told)


@pytest.mark.parametrize(
    ("model", "fault", "sentence"),
    [
        ("nosuch/m", "not_found", "Unknown model 'nosuch/m': write it as provider/name"),
        ("offline/other", "bad_request", "the offline model is called offline/demo"),
        ("openai/gpt-4o", "bad_key", "No key for openai/gpt-4o: set OPENAI_API_KEY"),
    ],
)
def test_what_litellm_refuses_itself(model: str, fault: Fault, sentence: str) -> None:
    told = failure(lambda: by_full(ModelSpec(model), "q"))
    assert told.fault == fault
    assert sentence in str(told)


def test_a_quota_that_is_used_up_is_no_matter_of_waiting() -> None:
    body = b'{"error": {"message": "No.", "code": "insufficient_quota"}}'
    assert explain_status(429, body, {"retry-after": "7"}, SPEC).fault == "quota"


def test_an_error_that_is_told_already_stays_as_it_is() -> None:
    from rlm_magic.models.faults import explain

    told = ModelError("A sentence.", "too_long")
    assert explain(told, SPEC) is told
