"""Runs through the litellm proxy: a server between us and the provider that we did not write."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Any

import pytest

from rlm_magic import RLM
from tests.engine import repl
from tests.servers.client import FakeOpenAI

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "build" / "proxy" / "bin" / "litellm"

# The proxy keeps its keys in a database; without one, it asks a function about each.
KEYS = """
from litellm.proxy._types import ProxyException, UserAPIKeyAuth

LIMITS = {"sk-free": None, "sk-limited": 10}

async def holder(request, api_key):
    if api_key not in LIMITS:
        raise ProxyException("This key is not known here.", "auth_error", "key", 401)
    return UserAPIKeyAuth(api_key=api_key, rpm_limit=LIMITS[api_key])
"""


class Proxy:
    """`litellm --config …` in a process of its own, whose output is read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._log: list[str] = []
        self.url = self._wait_for_start()
        Thread(target=self._read, daemon=True).start()

    def rlm(self, key: str = "sk-free", provider: str = "litellm_proxy", **options: Any) -> RLM:
        """An `RLM` whose models are those of the proxy."""
        return RLM(f"{provider}/scripted", api_base=self.url, api_key=key, **options)

    def refused(self) -> int:
        """How many requests it has answered with 429 so far."""
        return sum(" 429 " in line for line in self._log)

    def _wait_for_start(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.append(line)
            if running := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                return running[1]
        pytest.fail(f"The litellm proxy did not start:\n{''.join(self._log)}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.append(line)


@pytest.fixture(scope="module")
def proxy(openai_server: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy, in front of the scripted provider."""
    if not PROGRAM.exists():
        pytest.fail("There is no litellm proxy in build/proxy: `make proxy` installs it.")
    folder = tmp_path_factory.mktemp("proxy")
    upstream = {"model": "openai/scripted", "api_base": openai_server.url, "api_key": "upstream"}
    config = {
        "model_list": [{"model_name": "scripted", "litellm_params": upstream}],
        "general_settings": {"master_key": f"sk-{token_hex()}", "custom_auth": "keys.holder"},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    (folder / "keys.py").write_text(KEYS)
    with subprocess.Popen(
        [PROGRAM, "--config", folder / "config.yaml", "--host", "127.0.0.1", "--port", "0"],
        env=os.environ | {"LITELLM_RATE_LIMIT_WINDOW_SIZE": "1"},  # rpm_limit is for each second
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Proxy(process)
        finally:
            process.kill()


BATCH = repl("FINAL(llm_query_batched([f'chunk {n}' for n in range(30)]))")
REPLIES = [f"echo: chunk {n}" for n in range(30)]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", ["litellm_proxy", "openai"])
def test_a_run_is_answered_through_the_proxy(
    proxy: Proxy, server: FakeOpenAI, provider: str, stream: bool
) -> None:
    server.script([BATCH])
    result = proxy.rlm(provider=provider, stream=stream).completion("q")
    assert result.answer == REPLIES
    assert server.charged() == {f"chunk {n}": 1 for n in range(30)}
    assert {request.authorization for request in server.requests()} == {"Bearer upstream"}


@pytest.mark.parametrize("provider", ["litellm_proxy", "openai"])
def test_a_wrong_key_is_told_in_one_sentence(
    proxy: Proxy, server: FakeOpenAI, provider: str
) -> None:
    result = proxy.rlm("sk-very-wrong", provider).completion("q")
    assert result.status == "failed"
    assert result.error is not None
    assert f"refused the key: check {provider.upper()}_API_KEY" in result.error
    assert "\n" not in result.error
    assert "very-wrong" not in result.error
    assert server.requests() == []


def test_a_batch_beyond_the_rate_limit_of_a_key_is_answered_whole(
    proxy: Proxy, server: FakeOpenAI
) -> None:
    server.script([BATCH])
    assert proxy.refused() == 0
    assert proxy.rlm("sk-limited").completion("q").answer == REPLIES
    assert proxy.refused() > 0
    assert server.charged() == {f"chunk {n}": 1 for n in range(30)}
