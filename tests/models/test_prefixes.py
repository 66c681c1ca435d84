"""Prefixes that a provider keeps: what is marked, for whom, and what the provider makes of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import pytest

from rlm_magic import RLM
from rlm_magic.events import RootReplied, SubCallFinished
from rlm_magic.models import prefixes
from rlm_magic.models.io_thread import io_thread
from rlm_magic.models.lanes import full
from rlm_magic.models.spec import Message, ModelSpec, Reply
from rlm_magic.models.store.identity import identity
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

T = TypeVar("T")

CLAUDE = ModelSpec("anthropic/claude-sonnet-4-5")
GPT = ModelSpec("openai/gpt-4o")
MARKER = {"type": "ephemeral"}
LONG = "A sentence of some words that all the prompts begin with. " * 200  # 11,600 characters


async def called(function: Any, *arguments: Any) -> Any:
    """Call a function on the I/O thread, where litellm is."""

    async def call() -> Any:
        return function(*arguments)

    return await on_io_thread(call())


async def on_io_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    return await asyncio.wrap_future(io_thread().submit(coroutine))


def conversation(turns: int, system: str = LONG) -> list[Message]:
    """A conversation that ends with a message of the user, after so many replies."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "question"}]
    for turn in range(turns):
        messages.append({"role": "assistant", "content": f"code {turn}"})
        messages.append({"role": "user", "content": f"output {turn}"})
    return messages


def texts(messages: Sequence[Message]) -> list[str]:
    return [
        content if isinstance(content, str) else "".join(part["text"] for part in content)
        for content in (message["content"] for message in messages)
    ]


def markers(messages: Sequence[Message]) -> list[int]:
    """The places of the messages that are marked."""
    return [
        at
        for at, message in enumerate(messages)
        if not isinstance(message["content"], str)
        and any("cache_control" in part for part in message["content"])
    ]


async def test_a_conversation_is_marked_where_others_and_its_own_next_turn_go_on() -> None:
    messages = conversation(3)
    sent = await called(prefixes.for_conversation, messages, CLAUDE)
    assert markers(sent) == [0, len(messages) - 1]
    assert texts(sent) == texts(messages)
    assert sent[0]["content"] == [{"type": "text", "text": LONG, "cache_control": MARKER}]
    assert messages == conversation(3), "the history itself was changed"


@pytest.mark.parametrize(
    "model",
    [
        "claude-opus-4-5",
        "anthropic/claude-haiku-4-5",
        "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "vertex_ai/claude-sonnet-4-5",
        "openrouter/anthropic/claude-sonnet-4.5",
        "azure_ai/claude-sonnet-4-5",
    ],
)
async def test_claude_is_marked_wherever_it_is_served(model: str) -> None:
    spec = ModelSpec(model)
    assert markers(await called(prefixes.for_conversation, conversation(0), spec)) == [0, 1]
    assert await called(prefixes.shared_prefix, [LONG * 2 + "a", LONG * 2 + "b"], spec) > 0


@pytest.mark.parametrize(
    "model",
    [
        *("openai/gpt-4o", "gemini/gemini-2.5-pro", "deepseek/deepseek-chat", "ollama/llama3"),
        *("openai/claude-sonnet-4-5", "offline/demo", "no-such-model"),
    ],
)
async def test_who_keeps_prefixes_by_itself_gets_plain_texts(model: str) -> None:
    spec = ModelSpec(model)
    assert await called(prefixes.for_conversation, conversation(2), spec) == conversation(2)
    assert await called(prefixes.shared_prefix, [LONG + "a", LONG + "b"], spec) == 0


async def test_who_lets_litellm_set_marks_gets_no_others() -> None:
    points = [{"location": "message", "role": "system"}]
    spec = CLAUDE.with_parameters({"cache_control_injection_points": points})
    assert await called(prefixes.for_conversation, conversation(1), spec) == conversation(1)
    assert await called(prefixes.shared_prefix, [LONG + "a", LONG + "b"], spec) == 0


async def test_a_shared_prefix_ends_before_a_word() -> None:
    prompts = [f"{LONG}Document 1{number} is this." for number in range(3)]
    assert await called(prefixes.shared_prefix, prompts, CLAUDE) == len(f"{LONG}Document")
    prompts = [f"{LONG}\n{letter}" for letter in "abc"]
    assert await called(prefixes.shared_prefix, prompts, CLAUDE) == len(LONG)


async def test_a_shared_prefix_without_spaces_is_one_too() -> None:
    prompts = ["文" * 10_000 + letter for letter in "abc"]
    assert await called(prefixes.shared_prefix, prompts, CLAUDE) == 10_000


async def test_it_is_shared_by_all() -> None:
    prompts = [f"{LONG}{number}" for number in range(10_000)]
    random.Random(1).shuffle(prompts)
    assert await called(prefixes.shared_prefix, prompts, CLAUDE) == len(LONG) - 1
    assert await called(prefixes.shared_prefix, [*prompts, "something else"], CLAUDE) == 0
    assert await called(prefixes.shared_prefix, [*prompts, ""], CLAUDE) == 0


@pytest.mark.parametrize("prompts", [[], [LONG], ["short a", "short b"], ["", ""]])
async def test_what_gains_nothing_is_no_shared_prefix(prompts: list[str]) -> None:
    assert await called(prefixes.shared_prefix, prompts, CLAUDE) == 0


async def test_how_long_it_must_be_depends_on_the_model() -> None:
    prompts = [LONG + "a", LONG + "b"]  # some 2,900 tokens
    assert await called(prefixes.shared_prefix, prompts, CLAUDE) > 0
    assert await called(prefixes.shared_prefix, prompts, ModelSpec("claude-opus-4-5")) == 0


def test_a_marked_content_says_the_same() -> None:
    assert prefixes.marked("first second", 5) == [
        {"type": "text", "text": "first", "cache_control": MARKER},
        {"type": "text", "text": " second"},
    ]
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a"}}
    assert prefixes.marked([{"type": "text", "text": "first second"}, image], 5) == [
        {"type": "text", "text": "first", "cache_control": MARKER},
        {"type": "text", "text": " second"},
        image,
    ]
    whole = [{"type": "text", "text": "first", "cache_control": MARKER}]
    assert prefixes.marked("first", 5) == prefixes.marked("first", 50) == whole


@pytest.mark.parametrize("content", ["", "  ", "first \n", " \nfirst"])
def test_no_part_is_blank_for_that_is_refused(content: str) -> None:
    length = len(content) - len(content.lstrip()) or 5
    assert prefixes.marked(content, length) == content


def test_a_content_without_a_text_is_left_alone() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a"}}
    assert prefixes.marked([image], 5) == [image]
    assert prefixes.marked("text", 0) == "text"


async def test_the_store_sees_no_difference() -> None:
    sent = await called(prefixes.for_conversation, conversation(2), CLAUDE)
    marked = [{"role": "user", "content": prefixes.marked(LONG, 100)}]
    plain = [{"role": "user", "content": LONG}]
    assert identity("m", sent, {}) == identity("m", conversation(2), {})
    assert identity("m", marked, {}) == identity("m", plain, {})
    key = await called(prefixes.cache_key, GPT, "run")
    assert identity("m", plain, key) == identity("m", plain, {})


@pytest.mark.parametrize(
    "base", [None, "https://api.openai.com/v1", "https://eu.api.openai.com/v1"]
)
async def test_openai_itself_gets_a_key_for_the_conversation(base: str | None) -> None:
    for model in ("openai/gpt-4o", "gpt-4o"):
        key = await called(prefixes.cache_key, ModelSpec(model, base), "run-1")
        assert key == {"prompt_cache_key": "rlm-run-1"}


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec("openai/gpt-4o", "http://localhost:8000/v1"),
        ModelSpec("openai/gpt-4o", "https://api.openai.com.example.org/v1"),
        ModelSpec("azure/gpt-4o"),
        ModelSpec("hosted_vllm/llama"),
        ModelSpec("offline/demo"),
        CLAUDE,
        GPT.with_parameters({"prompt_cache_key": "mine"}),
    ],
    ids=lambda spec: f"{spec.name} {spec.api_base}",
)
async def test_nobody_else_gets_one(spec: ModelSpec) -> None:
    assert await called(prefixes.cache_key, spec, "run-1") == {}


async def test_an_address_in_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert await called(prefixes.cache_key, GPT, "run-1") == {}


class Claude:
    """Claude as the scripted provider has it, asked through litellm."""

    def __init__(self, server: FakeOpenAI) -> None:
        self.spec = ModelSpec(CLAUDE.name, server.anthropic_url, "test")

    async def ask(self, messages: Sequence[Message]) -> Reply:
        return await on_io_thread(full.complete(self.spec, messages, {"max_tokens": 100}))


async def test_each_turn_is_read_from_what_the_one_before_it_left(server: FakeOpenAI) -> None:
    server.script([f"reply {turn}" for turn in range(3)])
    claude = Claude(server)
    cached, written = [], []
    for turn in range(3):
        sent = await called(prefixes.for_conversation, conversation(turn), claude.spec)
        reply = await claude.ask(sent)
        assert reply.tokens is not None
        cached.append(reply.tokens.cached)
        written.append(reply.tokens.written)
    assert cached[0] == 0 < written[0]
    assert cached[1] == written[0]
    assert cached[2] == cached[1] + written[1]


async def test_all_but_the_first_prompt_of_a_batch_are_read_from_its_prefix(
    server: FakeOpenAI,
) -> None:
    prompts = [f"{LONG}Document {number}" for number in range(5)]
    claude = Claude(server)
    shared = await called(prefixes.shared_prefix, prompts, claude.spec)
    contents = [prefixes.marked(prompt, shared) for prompt in prompts]
    first, *others = [[{"role": "user", "content": content}] for content in contents]
    replies = [await claude.ask(first), *await asyncio.gather(*map(claude.ask, others))]
    tokens = [reply.tokens for reply in replies if reply.tokens]
    assert [one.written > 0 for one in tokens] == [True, False, False, False, False]
    assert [one.cached > 0 for one in tokens] == [False, True, True, True, True]
    assert [request.prompt for request in server.sub_requests()][:1] == [prompts[0]]


def claude_run(server: FakeOpenAI) -> RLM:
    return engine(server, CLAUDE.name, api_base=server.anthropic_url)


async def test_a_batch_of_a_run_is_read_from_its_prefix_and_priced_so(server: FakeOpenAI) -> None:
    code = f"llm_query_batched([{LONG!r} + str(number) for number in range(5)])\nFINAL(1)"
    server.script([repl(code)])
    result = await claude_run(server).acompletion("q")
    first, *others = of(result, SubCallFinished)
    assert first.tokens.written > 0 == first.tokens.cached
    assert [one.tokens.cached for one in others] == [first.tokens.written] * 4
    assert None not in (first.usd, *(one.usd for one in others))
    assert all((one.usd or 0) < (first.usd or 0) / 3 for one in others)
    prompts = [request.prompt for request in server.sub_requests()]
    assert prompts[0] == f"{LONG}0"
    assert sorted(prompts) == [f"{LONG}{number}" for number in range(5)]


async def test_a_run_reads_its_earlier_turns_from_the_cache(server: FakeOpenAI) -> None:
    server.script([repl("print('x' * 9_000)"), repl("print('y' * 9_000)"), "FINAL(1)"])
    result = await claude_run(server).acompletion("q")
    tokens = [event.tokens for event in of(result, RootReplied)]
    assert [one.cached > 0 for one in tokens] == [False, False, True]
    assert tokens[2].cached == tokens[1].written
