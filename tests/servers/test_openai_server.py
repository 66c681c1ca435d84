"""The scripted model provider, seen by litellm as by any client."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import openai
import pytest

from tests.servers.client import FakeOpenAI
from tests.servers.conftest import Client

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # litellm's use of pydantic, where it builds and where it copies its models.
    pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]


async def test_roots_are_answered_from_the_script_in_order(
    client: Client, server: FakeOpenAI
) -> None:
    server.script(["one", {"content": "two", "finish_reason": "length"}])
    assert await client.text("q", root=True) == "one"
    second = await client.complete("q", root=True)
    assert second.choices[0].message.content == "two"
    assert second.choices[0].finish_reason == "length"
    assert [request.is_root for request in server.requests()] == [True, True]


async def test_an_exhausted_script_is_a_clear_error(client: Client, server: FakeOpenAI) -> None:
    with pytest.raises(client.litellm.BadRequestError, match="the script is exhausted"):
        await client.text("q", root=True)
    assert server.counts()["received"] == 1


async def test_a_model_can_have_a_script_of_its_own(client: Client, server: FakeOpenAI) -> None:
    server.script(["parent"])
    server.script(["child"], model="openai/small")
    assert await client.text("q", root=True, model="openai/small") == "child"
    assert server.counts()["script_left"] == 1
    assert await client.text("q", root=True) == "parent"


async def test_sub_calls_are_answered_by_the_first_rule_that_holds(
    client: Client, server: FakeOpenAI
) -> None:
    server.rule("once", "only once", times=1)
    server.rule(re.compile(r"chunk (?P<id>\d+)", re.IGNORECASE), "{id} of {0}, call {n}, {json}")
    server.rule(model="openai/small", reply="small: {prompt}")

    assert await client.text("once") == "only once"
    assert await client.text("once") == "echo: once"
    assert await client.text("Chunk 7") == "7 of Chunk 7, call 1, {json}"
    assert await client.text("chunk 8") == "8 of chunk 8, call 2, {json}"
    assert await client.text("hello", model="openai/small") == "small: hello"
    assert await client.text("x" * 300) == "echo: " + "x" * 200


async def test_a_stream_comes_in_chunks_and_ends_with_usage(
    client: Client, server: FakeOpenAI
) -> None:
    server.rule("q", {"content": "one two three", "chunk": 4, "usage": {"cached_tokens": 2}})
    parts = await client.streamed("q", stream_options={"include_usage": True})
    texts = [part.choices[0].delta.content for part in parts if part.choices]
    assert [text for text in texts if text] == ["one ", "two ", "thre", "e"]
    usage = parts[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (1, 3)
    assert usage.prompt_tokens_details.cached_tokens == 2


async def test_usage_depends_on_the_texts_alone(client: Client, server: FakeOpenAI) -> None:
    server.rule("own", "x", usage={"prompt_tokens": 50, "cached_tokens": 40})
    counted = (await client.complete("a" * 400)).usage
    assert (counted.prompt_tokens, counted.completion_tokens) == (100, 51)
    assert counted.total_tokens == 151
    own = (await client.complete("own")).usage
    assert (own.prompt_tokens, own.prompt_tokens_details.cached_tokens) == (50, 40)


async def test_a_gate_holds_requests_until_it_is_opened(client: Client, server: FakeOpenAI) -> None:
    server.rule("held", "let go", hold="gate")
    tasks = [asyncio.create_task(client.text("held")) for _ in range(3)]
    await server.async_wait_for(held=3)
    assert server.counts()["in_flight"] == 3
    assert not any(task.done() for task in tasks)

    server.open("gate")
    assert await asyncio.gather(*tasks) == ["let go"] * 3
    assert server.counts()["max_in_flight"] == 3


async def test_a_stream_can_be_held_in_the_middle(client: Client, server: FakeOpenAI) -> None:
    server.script([{"content": "abcdef", "chunk": 2, "hold": "gate", "hold_after": 2}])
    stream = await client.complete("q", root=True, stream=True)
    first = [(await anext(stream)).choices[0].delta.content for _ in range(3)]
    assert first == ["", "ab", "cd"]
    await server.async_wait_for(held=1)
    server.open("gate")
    assert "".join([part.choices[0].delta.content or "" async for part in stream]) == "ef"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_goes_away_is_noticed(
    client: Client, server: FakeOpenAI, stream: bool
) -> None:
    server.rule("q", "never", hold="gate")
    task = asyncio.create_task(client.complete("q", stream=stream))
    await server.async_wait_for(in_flight=1)
    task.cancel()
    await server.async_wait_for(aborted=1, idle=True)
    with pytest.raises(asyncio.CancelledError):
        await task
    [request] = server.requests()
    assert request.aborted
    assert request.finished_at is not None
    assert request.finished_at >= request.received_at


async def test_a_wrong_key_is_refused_and_the_key_is_recorded(
    client: Client, server: FakeOpenAI
) -> None:
    server.configure(require_key="right")
    with pytest.raises(client.litellm.AuthenticationError, match="Incorrect API key"):
        await client.text("q", api_key="wrong")
    assert await client.text("q", api_key="right") == "echo: q"
    received = server.sub_requests()
    assert [request.authorization for request in received] == ["Bearer wrong", "Bearer right"]
    assert [request.status for request in received] == [401, 200]


async def test_an_unknown_model_is_not_found(client: Client, server: FakeOpenAI) -> None:
    server.configure(models=["scripted"])
    with pytest.raises(client.litellm.NotFoundError, match="`other` does not exist"):
        await client.text("q", model="openai/other")
    assert await client.text("q") == "echo: q"


async def test_a_status_comes_with_its_headers_and_body(client: Client, server: FakeOpenAI) -> None:
    server.rule("busy", "slow down", status=429, headers={"Retry-After": "7"}, times=1)
    with pytest.raises(client.litellm.RateLimitError, match="slow down") as raised:
        await client.text("busy")
    assert raised.value.response.status_code == 429
    assert await client.text("busy") == "echo: busy"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", ["reset", "malformed", "truncate_stream"])
async def test_a_fault_reaches_the_client_and_the_server_goes_on(
    client: Client, server: FakeOpenAI, fault: str, stream: bool
) -> None:
    server.rule("q", "some text to cut", fault=fault, times=1)
    complete = client.streamed if stream else client.complete
    with pytest.raises(openai.APIError):
        await complete("q")
    assert await client.text("q") == "echo: q"


async def test_a_hang_ends_with_the_clients_patience(client: Client, server: FakeOpenAI) -> None:
    server.rule("q", fault="hang")
    with pytest.raises(client.litellm.Timeout):
        await client.complete("q", timeout=0.2)
    await server.async_wait_for(aborted=1, idle=True)


async def test_a_reset_forgets_everything_and_hangs_up(client: Client, server: FakeOpenAI) -> None:
    server.rule("q", fault="hang")
    task = asyncio.create_task(client.complete("q"))
    await server.async_wait_for(in_flight=1)
    server.reset()
    with pytest.raises(openai.APIError):
        await task
    assert server.requests() == []
    assert await client.text("q") == "echo: q"


async def test_a_wait_in_vain_says_what_there_was(server: FakeOpenAI) -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.05 s for {'received': 1}, got .*: 0"):
        server.wait_for(received=1, timeout=0.05)


async def test_a_mistake_in_a_script_is_refused(server: FakeOpenAI) -> None:
    with pytest.raises(ValueError, match="contents"):
        server.script([{"contents": "typo"}])


async def test_the_server_ends_when_its_standard_input_closes() -> None:
    program = Path(__file__).with_name("openai_server.py")
    process = subprocess.Popen(
        [sys.executable, str(program), "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert b'"url"' in process.stdout.readline()
    process.communicate(timeout=10)
    assert process.returncode == 0
