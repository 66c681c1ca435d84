"""All that the scripted model provider knows: script, rules, gates, limits, and what it received.

Everything here lives on the event loop of the server process.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers.prefix_cache import PrefixCache
from tests.servers.request import Dialect, Request
from tests.servers.scripting import Reply, Rule, retry_after_header

__all__ = ["Settings", "State"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Whom the server answers, and how many at once."""

    require_key: str | None = None
    models: list[str] | None = None
    limit: int | None = None  # requests that are served at once
    queue: bool = False  # those above the limit wait in line; else they are refused
    busy: int = 429  # the status of a refusal
    retry_after: float | None = None  # seconds, told with it
    prefix_cache: bool = False  # OpenAI's; Anthropic's is asked for by the markers of a request


class State:
    """A reset replaces it, so a late request cannot disturb the next test."""

    def __init__(self) -> None:
        self.scripts: defaultdict[str, deque[Reply]] = defaultdict(deque)  # "" is for any model
        self.rules: list[Rule] = []
        self.gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.requests: list[Request] = []
        self.charged: Counter[str] = Counter()
        self.running: dict[int, asyncio.Task[Any] | None] = {}
        self.settings = Settings()
        self.counts = dict.fromkeys(
            ("received", "in_flight", "max_in_flight", "held", "finished", "aborted"), 0
        )
        self._places: asyncio.Semaphore | None = None
        self._placed: set[int] = set()
        self._prefixes = PrefixCache()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def configure(self, settings: Settings) -> None:
        self.settings = settings
        self._places = asyncio.Semaphore(settings.limit) if settings.limit else None

    def receive(
        self, dialect: Dialect, headers: Mapping[str, str], body: dict[str, Any]
    ) -> Request:
        request = Request(len(self.requests), dialect, headers, body, time.monotonic())
        self.requests.append(request)
        self.running[request.number] = asyncio.current_task()
        self.count("received", 1)
        self.count("in_flight", 1)
        if self.settings.prefix_cache or dialect == "anthropic":
            self._prefixes.look_up(request)
        return request

    def finish(
        self,
        request: Request,
        status: int | None = None,
        *,
        aborted: bool = False,
        whole: bool = False,
    ) -> None:
        """Note the end of a request; only the first call for it counts."""
        if request.finished_at is not None:
            return
        request.finished_at, request.status = time.monotonic(), status
        request.aborted = aborted
        if whole:
            self._prefixes.remember(request)
            if not request.is_root:
                self.charged[request.prompt] += 1
        del self.running[request.number]
        if self._places is not None and request.number in self._placed:
            self._placed.remove(request.number)
            self._places.release()
        self.count("in_flight", -1)
        self.count("aborted" if aborted else "finished", 1)

    def count(self, name: str, change: int) -> None:
        self.counts[name] += change
        self.counts["max_in_flight"] = max(self.counts["max_in_flight"], self.counts["in_flight"])
        for reached, future in self._waiting:
            if not future.done() and reached():
                future.set_result(None)

    async def wait(self, targets: Mapping[str, int], idle: bool, timeout: float) -> bool:
        """Wait until every count is at least its target (and, if `idle`, nothing is in flight)."""

        def reached() -> bool:
            enough = all(self.counts[name] >= target for name, target in targets.items())
            return enough and not (idle and self.counts["in_flight"])

        if reached():
            return True
        entry = (reached, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        try:
            await asyncio.wait([entry[1]], timeout=timeout)
        finally:
            self._waiting.remove(entry)
        return entry[1].done()

    async def pass_gate(self, name: str | None) -> None:
        if name is not None and not self.gates[name].is_set():
            self.count("held", 1)
            try:
                await self.gates[name].wait()
            finally:
                self.count("held", -1)

    async def reply_to(self, request: Request) -> Reply:
        """Refuse the request, or choose its reply once it is its turn."""
        return self._refusal(request) or await self._admission(request) or self._choice(request)

    def _refusal(self, request: Request) -> Reply | None:
        required, models = self.settings.require_key, self.settings.models
        if required and request.key != required:
            return Reply(status=401, content=f"Incorrect API key provided: {request.key[:3]}***.")
        if models is not None and request.model not in models:
            gone = f"The model `{request.model}` does not exist or you do not have access to it."
            return Reply(status=404, content=gone)
        return None

    async def _admission(self, request: Request) -> Reply | None:
        """Take one of the places; without a free one wait for it, or return the refusal."""
        settings = self.settings
        if self._places is None:
            return None
        if self._places.locked() and not settings.queue:
            headers = retry_after_header(settings.retry_after)
            return Reply(status=settings.busy, content="Too many requests.", headers=headers)
        await self._places.acquire()
        self._placed.add(request.number)
        return None

    def _choice(self, request: Request) -> Reply:
        """The reply of the script for a root model, of the first rule that holds for the others."""
        if request.is_root:
            script = self.scripts[request.model if request.model in self.scripts else ""]
            if script:
                return script.popleft()
            return Reply(status=400, content=f"the script is exhausted (model {request.model!r})")
        prompt, model = request.prompt, request.model
        for rule in self.rules:
            if answer := rule.answer(prompt, model):
                reply, request.fault = answer
                return reply
        return Reply(content=f"echo: {prompt[:200]}")
