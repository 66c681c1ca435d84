"""Faults by plan, limits, and the count of what a provider would charge for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise

import aiohttp
import pytest
import pytest_asyncio

from tests.servers.client import FakeOpenAI

PROMPTS = [f"prompt {n}" for n in range(400)]


class Caller:
    """Asks over plain HTTP, so that each request is sent once and what came back is seen."""

    def __init__(self, server: FakeOpenAI, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session

    async def ask(self, prompt: str) -> tuple[int, str | None]:
        """The status and the Retry-After of the response, or 0 when there was none."""
        body = {"model": "scripted", "messages": [{"role": "user", "content": prompt}]}
        try:
            async with self.session.post(f"{self.server.url}/chat/completions", json=body) as reply:
                await reply.read()
                return reply.status, reply.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError):
            return 0, None

    async def ask_all(self, prompts: list[str]) -> Counter[int]:
        """How many responses had each status."""
        replies = await asyncio.gather(*map(self.ask, prompts))
        return Counter(status for status, _ in replies)


@pytest_asyncio.fixture
async def caller(server: FakeOpenAI) -> AsyncIterator[Caller]:
    # No connection is used again: one that is gone by then would be another fault.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(server, session)


def fates(server: FakeOpenAI) -> dict[str, str | None]:
    """What became of each prompt by plan, when it was asked last."""
    return {request.prompt: request.fault for request in server.requests()}


async def test_a_share_of_the_requests_fails_in_each_way(
    caller: Caller, server: FakeOpenAI
) -> None:
    shares = {"429": 0.1, "500": 0.1, "reset": 0.1, "malformed": 0.1, "empty_choices": 0.1}
    server.rule("prompt", "ok", faults=shares)
    statuses = await caller.ask_all(PROMPTS)
    planned = Counter(fates(server).values())
    assert all(20 <= planned[fault] <= 60 for fault in shares), planned
    assert statuses[429] == planned["429"]
    assert statuses[500] == planned["500"]
    assert statuses[0] == planned["reset"]
    assert statuses[200] == planned[None] + planned["malformed"] + planned["empty_choices"]


async def test_a_plan_is_the_same_in_any_order_and_another_with_another_seed(
    caller: Caller, server: FakeOpenAI
) -> None:
    seen = []
    for seed, prompts in ((1, PROMPTS), (1, PROMPTS[::-1]), (2, PROMPTS)):
        server.reset()
        server.rule("prompt", "ok", faults={"500": 0.3}, seed=seed)
        await caller.ask_all(prompts)
        seen.append(fates(server))
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


async def test_another_try_has_another_fate(caller: Caller, server: FakeOpenAI) -> None:
    server.rule("prompt", "ok", faults={"500": 0.5})
    asked = left = PROMPTS[:100]
    tries = 0
    while left:
        await caller.ask_all(left)
        left = [prompt for prompt in asked if prompt not in server.charged()]
        tries += 1
        assert tries < 30
    assert tries > 2
    assert server.charged() == dict.fromkeys(asked, 1)


async def test_a_hang_by_plan_ends_when_the_client_goes(caller: Caller, server: FakeOpenAI) -> None:
    server.rule("prompt", "ok", faults={"hang": 1})
    tasks = [asyncio.create_task(caller.ask(prompt)) for prompt in PROMPTS[:3]]
    await server.async_wait_for(in_flight=3)
    for task in tasks:
        task.cancel()
    await server.async_wait_for(aborted=3, idle=True)


async def test_a_status_by_plan_says_when_to_come_back(caller: Caller, server: FakeOpenAI) -> None:
    server.rule("prompt", "ok", faults={"503": 1}, retry_after=0.25)
    assert await caller.ask("prompt") == (503, "0.25")


async def test_stragglers_take_ten_times_as_long(caller: Caller, server: FakeOpenAI) -> None:
    server.rule("prompt", "ok", delay=0.001, stragglers=0.1)
    assert await caller.ask_all(PROMPTS) == {200: 400}
    delays = Counter(request.delay for request in server.requests())
    assert delays.keys() == {0.001, 0.01}
    assert 20 <= delays[0.01] <= 60


async def test_only_whole_completions_are_charged(caller: Caller, server: FakeOpenAI) -> None:
    server.rule("malformed", "no", fault="malformed")
    server.rule("truncated", "no", fault="truncate_stream")
    server.rule("empty", "no", fault="empty_choices")
    server.rule("status", "no", status=500)
    await caller.ask_all(["fine", "malformed", "truncated", "empty", "status", "fine"])
    assert server.charged() == {"fine": 2}


@pytest.mark.parametrize(
    ("shares", "complaint"),
    [
        ({"hangs": 0.1}, "'hangs' is neither a status nor one of"),
        ({"200": 0.1}, "'200' is neither"),
        ({"500": 0.6, "hang": 0.6}, "together at most 1"),
    ],
)
def test_a_mistake_in_a_plan_is_refused(
    server: FakeOpenAI, shares: dict[str, float], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        server.rule("prompt", "ok", faults=shares)


async def test_what_is_above_the_limit_is_refused(caller: Caller, server: FakeOpenAI) -> None:
    server.configure(limit=2, retry_after=1)
    server.rule("prompt", "ok", hold="gate")
    held = [asyncio.create_task(caller.ask(prompt)) for prompt in PROMPTS[:2]]
    await server.async_wait_for(held=2)
    assert await caller.ask("prompt 3") == (429, "1")
    server.open("gate")
    assert [status for status, _ in await asyncio.gather(*held)] == [200, 200]
    assert await caller.ask("prompt 3") == (200, None)


async def test_a_local_server_can_be_played_that_serves_one_at_a_time(
    caller: Caller, server: FakeOpenAI
) -> None:
    server.configure(limit=1, queue=True)
    server.rule("prompt", "ok", delay=0.01)
    server.rule("held", "ok", hold="gate")
    first = asyncio.create_task(caller.ask("held"))
    await server.async_wait_for(held=1)
    others = asyncio.create_task(caller.ask_all(PROMPTS[:5]))
    await server.async_wait_for(in_flight=6)
    server.open("gate")
    assert (await first)[0] == 200
    assert await others == {200: 5}
    ends = sorted(request.finished_at or 0 for request in server.requests())
    assert all(later - earlier >= 0.009 for earlier, later in pairwise(ends))


async def test_who_waits_in_line_and_goes_away_takes_no_place(
    caller: Caller, server: FakeOpenAI
) -> None:
    server.configure(limit=1, queue=True)
    server.rule("held", "ok", hold="gate")
    first = asyncio.create_task(caller.ask("held"))
    await server.async_wait_for(held=1)
    second = asyncio.create_task(caller.ask("waits"))
    await server.async_wait_for(in_flight=2)
    second.cancel()
    await server.async_wait_for(aborted=1)
    server.open("gate")
    assert (await first)[0] == 200
    assert (await caller.ask("third"))[0] == 200
