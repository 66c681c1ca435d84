"""The two lanes of model calls: the light one is litellm's own request, sent without litellm."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from rlm_magic.models.client import Client
from rlm_magic.models.io_thread import io_thread
from rlm_magic.models.lanes import full
from rlm_magic.models.lanes.light import LightLane
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.spec import ModelSpec
from tests.engine import run_program
from tests.models.lanes import FORMATS, KEY, by_full, failure, on_io, opened, spec_of
from tests.servers.client import FakeOpenAI
from tests.servers.recorder import Recorded, Recorder

pytestmark = [
    pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning"),  # by litellm
]

CHAT = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "service_tier": "default",  # litellm can't read a reply of Groq without
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "a “reply”\n😀"},
        }
    ],
    "usage": {
        "prompt_tokens": 50,
        "completion_tokens": 7,
        "total_tokens": 57,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
}
ANTHROPIC = {
    "id": "1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "a “reply”"}, {"type": "text", "text": "\n😀"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 4,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 6,
        "output_tokens": 7,
    },
}
GEMINI = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "hm", "thought": True}, {"text": "a “reply”\n😀"}],
            },
            "finishReason": "STOP",
            "index": 0,
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 50,
        "cachedContentTokenCount": 40,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 2,
        "totalTokenCount": 57,
    },
    "modelVersion": "m",
}
ANSWERS = {"anthropic": ANTHROPIC, "gemini": GEMINI}
COUNTS = {"prompt_tokens": 50, "completion_tokens": 7}
XAI_USAGE = COUNTS | {"total_tokens": 60, "completion_tokens_details": {"reasoning_tokens": 3}}
DEEPSEEK_USAGE = COUNTS | {"prompt_cache_hit_tokens": 40, "prompt_cache_miss_tokens": 10}
OPENROUTER_USAGE = COUNTS | {"prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 6}}
PROXY_USAGE = COUNTS | {"cache_read_input_tokens": 40, "cache_creation_input_tokens": 6}
LIGHT = """
    openai/m gpt-4o azure/m anthropic/claude-sonnet-4-5 gemini/gemini-2.5-flash mistral/m deepseek/m
    groq/m together_ai/m openrouter/o/m fireworks_ai/m xai/m perplexity/sonar hosted_vllm/m
    lm_studio/m llamafile/m nvidia_nim/m cerebras/m sambanova/m litellm_proxy/m deepinfra/m
    moonshot/m dashscope/m novita/m hyperbolic/m nebius/m github/m meta_llama/m volcengine/m
    vercel_ai_gateway/o/m baseten/m docker_model_runner/m lambda_ai/m featherless_ai/m friendliai/m
    minimax/m zai/m ai21_chat/m xinference/m inception/m nscale/m custom_openai/m
""".split()
FULL = """
    offline/demo cohere_chat/m ollama_chat/m ollama/m bedrock/m sagemaker/m vertex_ai/gemini-2.5-pro
    github_copilot/m watsonx/m databricks/m azure_ai/m huggingface/o/m replicate/o/m
    nosuch/m nosuch responses/m openai/responses/m
""".split()
PROMPTS = [
    "a prompt",
    ' \t"quotes", \\back\\slashes, {braces}, %s\r\n\nlines, \x00 \x7f \u2028 é 漢字 😀 ',
    "halves: \ud83d\ude00 \ud83d",
    "<|im_end|> https://example.org/picture.png data:image/png;base64,AAAA",
    "",
    " \n",
    "long " * 300_000,
]
MADE_BY_THE_CONNECTION = {"accept-encoding", "connection", "content-length"}


@pytest.fixture(scope="module")
def module_recorder() -> Iterator[Recorder]:
    with Recorder.start() as recorder:
        yield recorder


@pytest.fixture
def recorder(module_recorder: Recorder) -> Recorder:
    module_recorder.answer(CHAT)
    return module_recorder


def answer_of(model: str) -> dict[str, Any]:
    return ANSWERS.get(model.split("/")[0], CHAT)


def sent(request: Recorded) -> tuple[object, ...]:
    headers = {
        name: value for name, value in request.headers.items() if name not in MADE_BY_THE_CONNECTION
    }
    return request.method, request.path, request.query, headers, json.loads(request.body)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "temperature": 0.5,
            "max_tokens": 7,
            "stop": ["END"],
            "drop_params": True,
            "extra_headers": {"X-Team": "blue"},
        },
    ],
    ids=["plain", "options"],
)
@pytest.mark.parametrize("model", LIGHT)
def test_the_lanes_send_the_same_request_and_read_the_same_reply(
    recorder: Recorder, model: str, options: dict[str, Any]
) -> None:
    recorder.answer(answer_of(model))
    spec = spec_of(model, recorder)
    lane = opened(spec, options)
    assert recorder.requests() == []
    light = on_io(lane.complete(PROMPTS[1]))
    assert light == by_full(spec, PROMPTS[1], options)
    assert light.text == "a “reply”\n😀"
    assert light.tokens is not None
    assert (light.tokens.input, light.tokens.cached, light.tokens.output) == (50, 40, 7)
    first, second = recorder.requests()
    assert sent(first) == sent(second)
    assert KEY in str(first)


@pytest.mark.parametrize("prompt", PROMPTS, ids=range(len(PROMPTS)))
@pytest.mark.parametrize("model", [*FORMATS, "mistral/m"])
def test_the_lanes_send_any_prompt_alike(recorder: Recorder, model: str, prompt: str) -> None:
    recorder.answer(answer_of(model))
    spec = spec_of(model, recorder)
    on_io(opened(spec).complete(prompt))
    by_full(spec, prompt)
    first, second = recorder.requests()
    assert sent(first) == sent(second)


@pytest.mark.parametrize("model", FULL)
def test_a_route_that_the_light_lane_does_not_know_is_left_to_litellm(
    recorder: Recorder, model: str
) -> None:
    assert on_io(LightLane.open(spec_of(model, recorder), {})) is None
    assert recorder.requests() == []


def chat(message: Mapping[str, Any], reason: str = "stop", **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", **message}}
    return CHAT | {"choices": [choice]} | fields


@pytest.mark.parametrize(
    ("model", "body", "text", "cut_off"),
    [
        ("openai/m", chat({"content": None}), "", False),
        ("openai/m", chat({"content": ""}, "content_filter", usage=None), "refused", False),
        ("openai/m", chat({"content": "so f"}, "length"), "so f", True),
        ("openai/m", chat({"content": "so f"}, "content_filter"), "so f", False),
        ("openai/m", chat({"content": "<think>a\nb</think>c"}), "c", False),
        ("openai/m", chat({"content": "<think>a"}), "<think>a", False),
        ("openai/m", chat({"content": "<think>a</think>b", "reasoning": "c"}), None, False),
        ("openai/m", chat({"content": "a", "reasoning_content": "b"}), "a", False),
        ("xai/m", CHAT | {"usage": XAI_USAGE}, None, False),
        ("deepseek/m", CHAT | {"usage": DEEPSEEK_USAGE}, None, False),
        ("openrouter/m", CHAT | {"usage": OPENROUTER_USAGE}, None, False),
        ("litellm_proxy/m", CHAT | {"usage": PROXY_USAGE}, None, False),
        ("openai/m", chat({"content": "a"}, usage=None), "a", False),
        ("openai/m", {**CHAT, "error": None}, "a “reply”\n😀", False),
        ("openai/m", {**CHAT, "error": {}}, "a “reply”\n😀", False),
        ("anthropic/m", ANTHROPIC | {"stop_reason": "max_tokens"}, "a “reply”\n😀", True),
        ("anthropic/m", ANTHROPIC | {"content": []}, "", False),
    ],
)
def test_the_lanes_read_replies_alike(
    recorder: Recorder, model: str, body: Any, text: str | None, cut_off: bool
) -> None:
    recorder.answer(body)
    spec = spec_of(model, recorder)
    if text == "refused":
        assert failure(lambda: on_io(opened(spec).complete("q"))).fault == "refused"
        assert failure(lambda: by_full(spec, "q")).fault == "refused"
        return
    reply = on_io(opened(spec).complete("q"))
    assert reply == by_full(spec, "q")
    assert text in (None, reply.text)
    assert reply.cut_off == cut_off


@pytest.mark.parametrize(
    "options",
    [
        {"stream": True},
        {"mock_response": "hi"},
        {"fallbacks": ["openai/other"]},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
        {"n": 2},
        {"anything": "else"},
    ],
    ids=str,
)
def test_an_option_that_does_more_than_shape_the_request_takes_the_full_lane(
    recorder: Recorder, options: dict[str, Any]
) -> None:
    assert on_io(LightLane.open(spec_of("openai/m", recorder), options)) is None
    assert on_io(LightLane.open(spec_of("openai/m", recorder, **options), {})) is None
    assert recorder.requests() == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("callbacks", [print]),
        ("success_callback", ["langfuse"]),
        ("_async_success_callback", [print]),
        ("cache", object()),
        ("max_budget", 1.0),
        ("fallbacks", [{"m": ["other"]}]),
        ("pre_call_rules", [print]),
        ("disable_aiohttp_transport", True),
    ],
)
def test_what_a_person_set_in_litellm_is_not_passed_by(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, setting: str, value: Any
) -> None:
    spec = spec_of("openai/m", recorder)
    monkeypatch.setattr(load_litellm(), setting, value)
    assert on_io(LightLane.open(spec, {})) is None
    monkeypatch.undo()
    opened(spec)


def test_azure_without_a_key_signs_in_and_takes_the_full_lane(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(spec_of("azure/m", recorder), api_key=None)
    monkeypatch.setenv("AZURE_AD_TOKEN", "a-token")
    assert on_io(LightLane.open(spec, {})) is None
    monkeypatch.setenv("AZURE_API_KEY", KEY)
    opened(spec)


def test_requests_of_others_pass_while_one_is_captured(recorder: Recorder) -> None:
    original = httpx.AsyncClient.send, httpx.Client.send

    async def other() -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{recorder.url}/other")).status_code

    async def all_at_once() -> list[Any]:
        spec = spec_of("openai/m", recorder)
        lanes = [LightLane.open(spec, {"seed": n}) for n in range(3)]
        return await asyncio.gather(other(), *lanes, other())

    first, *lanes, last = on_io(all_at_once())
    assert (first, last) == (200, 200)
    assert all(lanes)
    assert {request.path for request in recorder.requests()} == {"/other"}
    assert (httpx.AsyncClient.send, httpx.Client.send) == original


def test_a_key_is_in_no_text_of_a_lane(recorder: Recorder) -> None:
    lane = opened(spec_of("openai/m", recorder))
    on_io(lane.complete("q"))
    held = [getattr(lane, name) for name in ("_spec", "_template", "_options")]
    assert KEY not in f"{lane} {held}"


def test_both_lanes_take_the_proxy_that_the_environment_names(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", recorder.url)
    spec = ModelSpec("openai/m", "http://provider.invalid/v1", KEY)
    assert on_io(opened(spec).complete("q")) == by_full(spec, "q")
    first, second = recorder.requests()
    assert sent(first) == sent(second)
    assert first.headers["host"] == "provider.invalid"


@pytest.mark.parametrize(("calls", "opened_lanes"), [(1, 0), (2, 1), (9, 1)])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_client_opens_the_light_lane_for_its_second_call(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    at_once: bool,
    calls: int,
    opened_lanes: int,
) -> None:
    opening, lanes = LightLane.open, []

    async def count(spec: ModelSpec, options: Mapping[str, Any]) -> LightLane | None:
        lanes.append(await opening(spec, options))
        return lanes[-1]

    monkeypatch.setattr(LightLane, "open", count)
    client = Client(spec_of("openai/m", recorder))
    asked = [client.complete([{"role": "user", "content": f"{i}"}]) for i in range(calls)]

    async def ask() -> None:
        if at_once:
            await asyncio.gather(*asked)
        else:
            for one in asked:
                await one

    on_io(ask())
    assert len(lanes) == opened_lanes
    assert len(recorder.requests()) == calls


@pytest.mark.parametrize("light", [True, False])
def test_a_call_that_is_cancelled_hangs_up_at_once(server: FakeOpenAI, light: bool) -> None:
    server.rule("q", "never", hold="gate")
    spec = spec_of("openai/scripted", server)
    lane = opened(spec)
    message = {"role": "user", "content": "q"}
    call = lane.complete("q") if light else full.complete(spec, [message], {})
    future = io_thread().submit(call)
    server.wait_for(in_flight=1)
    future.cancel()
    server.wait_for(aborted=1, idle=True)


def test_connections_are_kept_for_the_next_calls(recorder: Recorder) -> None:
    lane = opened(spec_of("openai/m", recorder))

    async def ask(times: int) -> None:
        for _ in range(times):
            await lane.complete("q")

    on_io(ask(20))  # over those that earlier calls left, too
    on_io(ask(20))
    clients = [request.client for request in recorder.requests()]
    assert len(clients) == 40
    assert {*clients[20:]} <= {*clients[:20]}


PROGRAM = """
import os, sys, warnings
from rlm_magic.models.io_thread import io_thread
from rlm_magic.models.lanes.light import LightLane
from rlm_magic.models.spec import ModelSpec

spec = ModelSpec("openai/scripted", sys.argv[1], "test")

async def ask(prompt):
    lane = await LightLane.open(spec, {})
    return (await lane.complete(prompt)).text

def say(prompt):
    print(io_thread().submit(ask(prompt)).result(20))

warnings.simplefilter("ignore")
say("before")
for asks in (True, False):
    if os.fork() == 0:
        if asks:
            say("forked")
        sys.exit()
    assert os.wait()[1] == 0
    say("after")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
def test_a_forked_process_has_connections_of_its_own_and_nothing_is_said_at_the_end(
    server: FakeOpenAI,
) -> None:
    done = run_program(PROGRAM, server)
    assert done.err == ""
    assert done.code == 0
    assert done.out.split() == "echo: before echo: forked echo: after echo: after".split()
