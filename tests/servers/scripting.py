"""What the scripted model provider answers: its script, rules, gates, and record of requests.

Everything here lives on the event loop of the server process.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["ROOT_PROMPT", "Reply", "Request", "Rule", "State", "text_of"]

ROOT_PROMPT = "You are the root model of a Recursive Language Model (RLM)."

Fault = Literal["hang", "reset", "malformed", "truncate_stream", "empty_choices"]


@dataclass(kw_only=True)
class Reply:
    """What one request is answered with."""

    content: str = ""
    delay: float = 0.0  # seconds before the first byte
    hold: str | None = None  # the gate to wait at
    hold_after: int = 0  # chunks of a stream that are sent before the gate
    chunk: int = 16  # characters in a chunk of a stream
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None  # sent instead of a completion: text as it is, anything else as JSON
    fault: Fault | None = None
    usage: dict[str, int] | Literal[False] = field(default_factory=dict)  # False: none is sent
    finish_reason: str = "stop"

    @classmethod
    def of(cls, spec: str | dict[str, Any]) -> Reply:
        return cls(content=spec) if isinstance(spec, str) else cls(**spec)


@dataclass(kw_only=True)
class Rule:
    """A reply for the requests that fit all of the given conditions, `times` times at most."""

    match: str | None = None  # a part of the last user message
    regex: str | None = None
    flags: int = 0
    model: str | None = None
    times: int | None = None
    reply: str | dict[str, Any] = ""
    used: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._reply = Reply.of(self.reply)
        self._regex = re.compile(self.regex or "", self.flags)

    def answer(self, prompt: str, model: str) -> Reply | None:
        """The reply with its placeholders filled in, or None when the rule does not hold."""
        if self.used == self.times or self.model not in (None, model):
            return None
        found = self._regex.search(prompt)
        if found is None or (self.match or "") not in prompt:
            return None
        self.used += 1
        groups = [found.group(0), *found.groups()]
        values = {str(i): group for i, group in enumerate(groups)} | found.groupdict()
        values |= {"prompt": prompt, "n": str(self.used)}
        content = re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]) or "", self._reply.content)
        return Reply(**{**vars(self._reply), "content": content})


@dataclass
class Request:
    """A request that was received, and what became of it. Times are of `time.monotonic()`."""

    number: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    received_at: float
    finished_at: float | None = None
    aborted: bool = False
    status: int | None = None

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", []))

    @property
    def is_root(self) -> bool:
        first = self.messages[0] if self.messages else {}
        return first.get("role") == "system" and text_of(first).startswith(ROOT_PROMPT)

    @property
    def prompt(self) -> str:
        """The last message of the user."""
        users = (m for m in reversed(self.messages) if m.get("role") == "user")
        return text_of(next(users, {}))

    def to_json(self) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return {**vars(self), "headers": headers, "is_root": self.is_root, "prompt": self.prompt}


class State:
    """All that the server knows. A reset replaces it, so a late request cannot disturb the next."""

    def __init__(self) -> None:
        self.scripts: defaultdict[str, deque[Reply]] = defaultdict(deque)  # "" is for any model
        self.rules: list[Rule] = []
        self.gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.requests: list[Request] = []
        self.running: dict[int, asyncio.Task[Any] | None] = {}
        self.require_key: str | None = None
        self.models: list[str] | None = None
        self.counts = dict.fromkeys(
            ("received", "in_flight", "max_in_flight", "held", "finished", "aborted"), 0
        )
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def receive(self, headers: Mapping[str, str], body: dict[str, Any]) -> Request:
        request = Request(len(self.requests), headers, body, time.monotonic())
        self.requests.append(request)
        self.running[request.number] = asyncio.current_task()
        self.count("received", 1)
        self.count("in_flight", 1)
        return request

    def finish(self, request: Request, status: int | None = None, *, aborted: bool = False) -> None:
        """Note the end of a request; only the first call for it counts."""
        if request.finished_at is None:
            request.finished_at, request.status = time.monotonic(), status
            request.aborted = aborted
            del self.running[request.number]
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

    def choose(self, request: Request) -> Reply:
        """The reply of the script for a root model, of the first rule that holds for the others."""
        if request.is_root:
            script = self.scripts[request.model if request.model in self.scripts else ""]
            if script:
                return script.popleft()
            return Reply(status=400, content=f"the script is exhausted (model {request.model!r})")
        for rule in self.rules:
            if reply := rule.answer(request.prompt, request.model):
                return reply
        return Reply(content=f"echo: {request.prompt[:200]}")

    def refuse(self, request: Request) -> Reply | None:
        authorization = request.headers.get("Authorization", "")
        if self.require_key and authorization != f"Bearer {self.require_key}":
            key = authorization.removeprefix("Bearer ")
            return Reply(status=401, content=f"Incorrect API key provided: {key[:3]}***.")
        if self.models is not None and request.model not in self.models:
            gone = f"The model `{request.model}` does not exist or you do not have access to it."
            return Reply(status=404, content=gone)
        return None


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
