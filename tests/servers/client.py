"""The tests' side of the scripted model provider: start it, script it, and see what it received."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

__all__ = ["FakeOpenAI", "ReceivedRequest"]

# A proxy that the environment names must not see requests to this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that reached the provider. Times are those of `time.monotonic()`."""

    number: int
    dialect: str  # "openai" or "anthropic"
    headers: dict[str, str]  # names in lower case
    body: dict[str, Any]
    received_at: float
    finished_at: float | None  # None while it is in flight
    aborted: bool  # the client went away before the reply was complete
    status: int | None  # None when no answer was sent
    delay: float  # seconds that its reply had to wait
    fault: str | None  # that a rule's plan of faults had for it
    cached: int  # tokens of the prompt that were read from the provider's cache
    cache_created: int  # tokens that Anthropic's cache took in
    is_root: bool
    prompt: str  # the last message of the user

    @property
    def model(self) -> str:
        return str(self.body["model"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body["messages"])

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


class FakeOpenAI:
    """A handle on a scripted provider, in this process or (given its URL) in another.

    It speaks OpenAI's protocol at `url`, and Anthropic's at `anthropic_url`.

        with FakeOpenAI.start() as server:
            server.script(["```repl\\nFINAL(llm_query('hi'))\\n```"])
            server.rule("hi", "hello")
            ...  # use server.url as the api_base, "openai/scripted" as the model
            assert [request.prompt for request in server.sub_requests()] == ["hi"]

    A reply is a string, or a dict with any of:
      `content`; `delay` (seconds before the first byte); `hold` (a gate: nothing is sent until
      `open(gate)`), `hold_after` (chunks of a stream that are sent before the gate), `chunk`
      (characters in a chunk); `status`, `headers`, `body` (sent as it is, instead of a completion);
      `fault` ("hang", "reset", "malformed", "truncate_stream", "empty_choices"); `finish_reason`;
      `usage` (`prompt_tokens`, `completion_tokens`, `cached_tokens`; False sends none).
    """

    def __init__(self, base: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.base = base
        self.url = f"{base}/v1"
        self.anthropic_url = base
        self._process = process

    @classmethod
    def start(cls) -> Self:
        """Start a provider in a process of its own; it ends on `close()`, or with this process."""
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("openai_server.py")), "--port", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.communicate()
            raise RuntimeError("The scripted provider did not start; its error is on stderr.")
        return cls(json.loads(line)["url"], process)

    def close(self) -> None:
        if self._process is not None:
            try:
                self._process.communicate(timeout=5)  # closes its standard input
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reset(self) -> None:
        """Forget scripts, rules, gates, settings and requests; hang up on what is in flight."""
        self._control("reset")

    def script(self, replies: list[str | dict[str, Any]], *, model: str | None = None) -> None:
        """Queue replies for requests of a root model, in their order.

        With `model`, they are for roots of that model only (child runs, say), which then take
        none of the others. A root that finds no reply gets an error: "the script is exhausted".
        """
        self._control("script", replies=replies, model=_bare(model))

    def rule(
        self,
        match: str | re.Pattern[str] | None = None,
        reply: str | dict[str, Any] = "",
        *,
        model: str | None = None,
        times: int | None = None,
        faults: dict[str, float] | None = None,
        stragglers: float = 0.0,
        seed: int = 0,
        retry_after: float | None = None,
        **options: Any,
    ) -> None:
        """Answer all other requests (sub-calls) that match; the first rule that holds is used.

        `match` is a part of the last user message, or a compiled pattern to search it for; `model`
        is the model's name. The rule holds `times` times. `options` are those of a reply.
        In the reply `{prompt}`, `{n}` (which use of the rule this is, from 1), `{0}`, `{1}`
        and `{name}` (groups of the pattern) are filled in; other braces are left alone.
        Where no rule holds, the reply is "echo: " and the first 200 characters of the prompt.

        `faults` is the share of the requests that fail in each way, by the name of a `fault` or by
        a status, as in {"429": 0.05, "hang": 0.01}; `retry_after` (seconds) goes with a status.
        `stragglers` is the share that takes ten times the `delay`. Which requests these are depends
        on `seed`, on the prompt and on how often it was asked: the next try has another fate.
        """
        if isinstance(match, re.Pattern):
            condition: dict[str, Any] = {"regex": match.pattern, "flags": match.flags}
        else:
            condition = {"match": match}
        content = {"content": reply} if isinstance(reply, str) else reply
        plan = {"faults": faults or {}, "stragglers": stragglers, "seed": seed}
        condition |= {"model": _bare(model), "times": times, "reply": content | options}
        self._control("rule", retry_after=retry_after, **condition, **plan)

    def configure(self, **settings: Any) -> None:
        """Set whom the provider answers, and how many at once; what isn't given is as at first.

        `require_key` and `models`: any other key gets 401, any other model 404. `limit` is the
        number of requests served at once: the others wait in line with `queue`, else they get the
        status `busy` (429), and `retry_after` seconds with it. With `prefix_cache`, `cached_tokens`
        is what a prompt has in common with those answered before, as OpenAI counts it, for each
        `prompt_cache_key` by itself; Anthropic's counts follow the markers in a request always.
        """
        self._control("configure", **settings)

    def open(self, gate: str) -> None:
        """Open a gate, for good: let go the requests that it holds, and hold no more."""
        self._control("open", gate=gate)

    def wait_for(self, *, idle: bool = False, timeout: float = 30.0, **counts: int) -> None:
        """Wait until each count is at least as given; fail the test when that takes too long.

        `counts` are `received`, `in_flight`, `max_in_flight`, `held` (at a gate), `finished` and
        `aborted`; `idle` waits until nothing is in flight. Blocks: in an async test that runs the
        code under test on the same event loop, use `async_wait_for`.
        """
        answer = self._control("wait", timeout=timeout, idle=idle, counts=counts)
        if not answer["reached"]:
            wanted = counts | ({"in_flight": 0} if idle else {})
            raise AssertionError(f"waited {timeout:g} s for {wanted}, got {answer['counts']}")

    async def async_wait_for(self, *, timeout: float = 30.0, **conditions: Any) -> None:
        """`wait_for` that lets the event loop run."""
        await asyncio.to_thread(self.wait_for, timeout=timeout, **conditions)

    def counts(self) -> dict[str, int]:
        """The counts of `wait_for`, and `script_left`: the scripted replies not yet used."""
        return dict(self._control("state")["counts"])

    def requests(self) -> list[ReceivedRequest]:
        """All requests since the last reset, in the order in which they arrived."""
        return [ReceivedRequest(**request) for request in self._control("requests")["requests"]]

    def charged(self) -> dict[str, int]:
        """How often each prompt of a sub-call was answered with a whole completion."""
        return dict(self._control("charged")["charged"])

    def root_requests(self) -> list[ReceivedRequest]:
        return [request for request in self.requests() if request.is_root]

    def sub_requests(self) -> list[ReceivedRequest]:
        return [request for request in self.requests() if not request.is_root]

    def _control(self, action: str, **options: Any) -> dict[str, Any]:
        url, data = f"{self.base}/control/{action}", json.dumps(options).encode()
        try:
            with OPENER.open(url, data, options.get("timeout", 10.0) + 10.0) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise ValueError(json.load(refusal)["error"]) from None


def _bare(model: str | None) -> str | None:
    """The model's name as the provider sees it, without litellm's prefix."""
    return model.removeprefix("openai/").removeprefix("anthropic/") if model else None
