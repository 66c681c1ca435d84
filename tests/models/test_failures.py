"""What a person is told when a model can't be called: one sentence, and never a key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import RLM, Result
from tests.engine import engine, repl
from tests.servers.client import FakeOpenAI

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

SECRET = "a-Very.private/value-0123456789"


def once(server: FakeOpenAI, **options: Any) -> RLM:
    """An `RLM` that sends each request once, so that the first failure is the last."""
    return engine(server, retries=0, **options)


def failure(rlm: RLM) -> str:
    """The error of a run that fails, which must be one plain sentence."""
    result = rlm.completion("q")
    assert result.status == "failed"
    assert result.answer is None
    assert result.error is not None
    assert "\n" not in result.error
    assert "Traceback" not in result.error
    assert not re.search(r"litellm\.|\w+Exception", result.error)
    assert result.error.rstrip("'\"}").endswith((".", "…")), result.error
    return result.error


def everything(result: Result) -> str:
    """All that a run leaves where a person or a model could read it."""
    assert result.trace is not None
    return "\n".join(
        [
            repr(result),
            str(result),
            str(result.events),
            result._repr_mimebundle_()["text/html"],
            result.trace.read_text(encoding="utf-8"),
        ]
    )


def test_a_wrong_key(server: FakeOpenAI) -> None:
    server.configure(require_key="right")
    error = failure(once(server, api_key="wrong"))
    assert "openai/scripted" in error
    assert "refused the key: check OPENAI_API_KEY" in error
    assert len(server.requests()) == 1


def test_a_key_without_permission(server: FakeOpenAI) -> None:
    server.script([{"status": 403, "content": "not for you"}])
    assert "check OPENAI_API_KEY" in failure(once(server))


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("gpt-4o", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "GEMINI_API_KEY"),
    ],
)
def test_no_key(model: str, key: str) -> None:
    error = failure(RLM(model))
    assert error.startswith(f"No key for {model}: set ")
    assert key in error


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("groq/llama-3.3-70b-versatile", "GROQ_API_KEY"),
        ("mistral/mistral-small-latest", "MISTRAL_API_KEY"),
        ("deepseek/deepseek-chat", "DEEPSEEK_API_KEY"),
    ],
)
def test_no_key_where_litellm_sends_the_request_all_the_same(
    server: FakeOpenAI, model: str, key: str
) -> None:
    server.configure(require_key="right")
    error = failure(RLM(model, api_base=server.url))
    assert error.startswith(f"No key for {model}: set {key}")


@pytest.mark.parametrize("model", ["nosuch", "nosuch/model", "a b"])
def test_an_unknown_model(model: str) -> None:
    assert "Unknown model" in (error := failure(RLM(model, api_key="test")))
    assert "provider/name" in error


def test_a_model_that_the_server_does_not_have(server: FakeOpenAI) -> None:
    server.configure(models=["other"])
    error = failure(once(server))
    assert "was not found: check the model's name and the API base" in error
    assert server.url in error


def test_a_refused_connection() -> None:
    base = "http://127.0.0.1:9/v1"
    error = failure(RLM("openai/scripted", api_base=base, api_key="test", retries=0))
    assert error == (
        f"No connection to openai/scripted at {base}: check that the server runs, and the API base."
    )


def test_of_an_address_only_what_holds_no_key_is_told() -> None:
    base = "http://user:a-password@127.0.0.1:9/v1"
    for address in (base, f"{base}?key=a-password", f"{base}#a-password"):
        error = failure(RLM("openai/scripted", api_base=address, api_key="test", retries=0))
        assert "openai/scripted at http://127.0.0.1:9/v1" in error
        assert "password" not in error


@pytest.mark.parametrize("stream", [False, True])
def test_no_reply_in_time(server: FakeOpenAI, stream: bool) -> None:
    server.script([{"fault": "hang"}])
    error = failure(once(server, timeout=0.3, stream=stream))
    assert "did not reply within 0.3 s: raise the timeout" in error
    server.wait_for(aborted=1, idle=True)


def test_a_stream_that_stalls_does_not_outlast_the_timeout(server: FakeOpenAI) -> None:
    server.script([{"content": "x" * 100, "hold_after": 1, "hold": "never"}])
    error = failure(once(server, timeout=0.5, stream=True))
    assert "raise the timeout" in error


def test_an_error_of_the_server_is_told_and_the_call_not_repeated(server: FakeOpenAI) -> None:
    server.script([{"status": 500, "content": "The disk is full."}])
    assert "The disk is full." in failure(once(server))
    assert len(server.requests()) == 1


def test_a_rate_limit(server: FakeOpenAI) -> None:
    server.script([{"status": 429, "content": "Slow down."}])
    assert "rate limit: Slow down." in failure(once(server))


def test_a_prompt_that_is_too_long(server: FakeOpenAI) -> None:
    body = {
        "error": {
            "message": "This model's maximum context length is 8 tokens.",
            "code": "context_length_exceeded",
            "type": "invalid_request_error",
            "param": "messages",
        }
    }
    server.script([{"status": 400, "body": body}])
    assert "too long for openai/scripted" in failure(once(server))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["reset", "malformed", "truncate_stream"])
def test_a_reply_that_breaks_off(server: FakeOpenAI, fault: str, stream: bool) -> None:
    server.script([{"content": repl("FINAL('half a reply')"), "fault": fault, "chunk": 4}])
    assert "openai/scripted" in failure(once(server, stream=stream))


@pytest.mark.parametrize(
    "body",
    [
        {"choices": []},
        {"something": "else"},
        {"choices": [{"index": 0, "finish_reason": "stop"}]},
        {"choices": None},
        [],
        "not JSON",
        "",
        {"error": {"message": "an error with status 200."}},
    ],
)
def test_a_reply_without_an_answer_in_it(server: FakeOpenAI, body: Any) -> None:
    server.script([{"body": body}] * 3)
    assert "openai/scripted" in failure(once(server))


@pytest.mark.parametrize("usage", ["much", {"prompt_tokens": "many"}, {"prompt_tokens": -1}, 5, []])
def test_usage_figures_that_are_none_do_not_lose_a_reply(server: FakeOpenAI, usage: Any) -> None:
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "a reply"},
    }
    server.script([repl("FINAL(llm_query_batched(['odd', 'even']))")])
    server.rule("odd", body={"id": "1", "choices": [choice], "usage": usage})
    answer = once(server).completion("q").answer
    assert answer[0] == "a reply" or answer[0].startswith("[call failed] ")
    assert answer[1] == "echo: even"


@pytest.mark.parametrize("content", [None, ""])
@pytest.mark.parametrize("stream", [False, True])
def test_an_empty_reply_is_asked_for_again_and_then_reported(
    server: FakeOpenAI, content: str | None, stream: bool
) -> None:
    server.script([{"content": content or ""}] * 3)
    assert "empty reply 3 times" in failure(once(server, stream=stream))
    assert len(server.requests()) == 3


def test_no_key_is_in_a_prompt_an_event_the_trace_or_a_repr(server: FakeOpenAI) -> None:
    server.script([repl("SHOW_VARS()\nprint(dir())\nFINAL(llm_query('hi'))")])
    rlm = once(server, api_key=SECRET)
    result = rlm.completion("q", {"a": 1})
    assert result.answer == "echo: hi"
    assert {request.authorization for request in server.requests()} == {f"Bearer {SECRET}"}
    sent = json.dumps([request.body for request in server.requests()])
    for text in (everything(result), sent, repr(rlm), repr(vars(rlm))):
        assert SECRET not in text


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_key_that_the_provider_repeats_is_hidden(server: FakeOpenAI, status: int) -> None:
    said = f"Wrong key {SECRET}, sk-proj-abcdefgh12345678 and Bearer {SECRET}."
    server.script([repl("print(llm_query('hi'))"), {"status": status, "content": said}])
    server.rule("hi", said, status=status)
    result = once(server, api_key=SECRET).completion("q")
    assert result.status == "failed"
    for secret in (SECRET, "abcdefgh12345678"):
        assert secret not in everything(result)
        assert secret not in (result.error or "")
        assert secret not in json.dumps([request.body for request in server.requests()])


def test_a_key_of_the_environment_is_hidden_too(
    server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    server.script([{"status": 400, "content": f"What is {SECRET}?"}])
    result = RLM("openai/scripted", api_base=server.url).completion("q")
    assert server.requests()[0].authorization == f"Bearer {SECRET}"
    assert result.status == "failed"
    assert SECRET not in everything(result)


def test_a_trace_that_cannot_be_written_calls_nothing(server: FakeOpenAI, tmp_path: Path) -> None:
    from rlm_magic import ConfigurationError

    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="choose another path"):
        once(server, trace=tmp_path / "file" / "trace.jsonl").completion("q")
    assert server.requests() == []
