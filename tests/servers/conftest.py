"""A client of the scripted model provider: litellm, on the event loop of a test module."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.servers.client import FakeOpenAI

ROOT = "You are the root model of a Recursive Language Model (RLM). More follows."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def litellm() -> AsyncIterator[Any]:
    """litellm, on the one event loop of this module, with clients of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litellm: Any = importlib.import_module("litellm")
    engine_clients = litellm.in_memory_llm_clients_cache
    litellm.in_memory_llm_clients_cache = type(engine_clients)()
    yield litellm
    await litellm.close_litellm_async_clients()
    litellm.in_memory_llm_clients_cache = engine_clients


class Client:
    def __init__(self, litellm: Any, server: FakeOpenAI) -> None:
        self.litellm, self.server = litellm, server

    async def complete(self, prompt: Any, *, root: bool = False, **options: Any) -> Any:
        system = [{"role": "system", "content": ROOT}] if root else []
        defaults: dict[str, Any] = {"model": "openai/scripted", "api_key": "test", "max_retries": 0}
        defaults["api_base"] = self.server.url
        return await self.litellm.acompletion(
            messages=[*system, {"role": "user", "content": prompt}],
            **defaults | options,
        )

    async def text(self, prompt: str, **options: Any) -> str:
        return str((await self.complete(prompt, **options)).choices[0].message.content)

    async def streamed(self, prompt: str, **options: Any) -> list[Any]:
        stream = await self.complete(prompt, stream=True, **options)
        return [chunk async for chunk in stream]


@pytest.fixture
def client(litellm: Any, server: FakeOpenAI) -> Client:
    return Client(litellm, server)
