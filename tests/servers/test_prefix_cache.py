"""What the scripted provider says of prompts whose beginning it knows, and Anthropic's protocol."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.servers.client import FakeOpenAI
from tests.servers.conftest import Client

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

LONG = "The quick brown fox jumps over the lazy dog. " * 200  # 2,250 tokens
MARKED = {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}


class Anthropic(Client):
    """The provider as `anthropic/scripted`."""

    async def complete(self, prompt: Any, **options: Any) -> Any:
        options = {"model": "anthropic/scripted", "api_base": self.server.anthropic_url} | options
        return await super().complete(prompt, **options)


@pytest.fixture
def anthropic(client: Client) -> Anthropic:
    return Anthropic(client.litellm, client.server)


async def test_anthropics_protocol_is_spoken_too(anthropic: Anthropic, server: FakeOpenAI) -> None:
    server.configure(require_key="test", models=["scripted"])
    server.script([{"content": "from the script", "finish_reason": "length"}])
    server.rule(re.compile(r"chunk (\d+)"), "number {1}", model="anthropic/scripted")
    root = (await anthropic.complete("q", root=True)).choices[0]
    assert (root.message.content, root.finish_reason) == ("from the script", "length")
    assert await anthropic.text("chunk 7") == "number 7"
    assert [request.is_root for request in server.requests()] == [True, False]
    assert {request.dialect for request in server.requests()} == {"anthropic"}
    with pytest.raises(anthropic.litellm.AuthenticationError, match="Incorrect API key"):
        await anthropic.text("q", api_key="wrong")


async def test_anthropics_streams_and_errors(anthropic: Anthropic, server: FakeOpenAI) -> None:
    server.rule("q", "one two three", chunk=4, times=1)
    server.rule("q", "slow down", status=429, headers={"Retry-After": "7"})
    parts = await anthropic.streamed("q", stream_options={"include_usage": True})
    texts = [part.choices[0].delta.content for part in parts if part.choices]
    assert [text for text in texts if text] == ["one ", "two ", "thre", "e"]
    assert (parts[-1].usage.prompt_tokens, parts[-1].usage.completion_tokens) == (1, 3)
    with pytest.raises(anthropic.litellm.RateLimitError, match="slow down"):
        await anthropic.text("q")
    assert server.charged() == {"q": 1}


async def test_anthropic_reads_a_prefix_that_was_marked_before(
    anthropic: Anthropic, server: FakeOpenAI
) -> None:
    for question in ("first", "second"):
        await anthropic.complete([MARKED, {"type": "text", "text": question}])
    await anthropic.complete([{"type": "text", "text": LONG}, {"type": "text", "text": "third"}])
    await anthropic.complete([MARKED | {"text": "short"}])
    figures = [(request.cache_created, request.cached) for request in server.requests()]
    assert figures == [(2250, 0), (0, 2250), (0, 0), (0, 0)]


async def test_anthropics_figures_are_in_its_usage(
    anthropic: Anthropic, server: FakeOpenAI
) -> None:
    await anthropic.complete([MARKED])
    usage = (await anthropic.complete([MARKED, MARKED | {"text": LONG[:4000]}])).usage
    assert usage.cache_read_input_tokens == 2250
    assert usage.cache_creation_input_tokens == 1000
    assert usage.prompt_tokens == 3250


async def test_openai_counts_what_a_prompt_begins_with(client: Client, server: FakeOpenAI) -> None:
    server.configure(prefix_cache=True)

    async def cached(prompt: str, **options: Any) -> int:
        usage = (await client.complete(prompt, **options)).usage
        return int(usage.prompt_tokens_details.cached_tokens)

    assert await cached(f"{LONG}one") == 0
    assert await cached(f"{LONG}two") == 2176  # 1,024 and nine times 128
    assert await cached(f"{LONG[:5000]}three") == 1152
    assert await cached("short") == await cached("short") == 0
    assert await cached(f"{LONG}one", prompt_cache_key="other") == 0
    assert await cached(f"{LONG}two", prompt_cache_key="other") == 2176


async def test_a_prefix_is_known_once_a_reply_was_sent(client: Client, server: FakeOpenAI) -> None:
    server.configure(prefix_cache=True)
    server.rule("fails", status=400)
    with pytest.raises(client.litellm.BadRequestError):
        await client.complete(f"{LONG}fails")
    assert (await client.complete(f"{LONG}works")).usage.prompt_tokens_details.cached_tokens == 0
