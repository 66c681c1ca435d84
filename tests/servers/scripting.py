"""What the scripted model provider answers: replies, and rules that say which requests get them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.servers.faults import FAULTS, FaultPlan

__all__ = ["Reply", "Rule"]

STRAGGLING = 10  # times the delay


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
    fault: str | None = None  # one of FAULTS
    usage: dict[str, int] | Literal[False] = field(default_factory=dict)  # False: none is sent
    finish_reason: str = "stop"

    def __post_init__(self) -> None:
        if self.fault not in (None, *FAULTS):
            raise ValueError(f"fault {self.fault!r} is not one of {', '.join(FAULTS)}")

    @classmethod
    def of(cls, spec: str | dict[str, Any]) -> Reply:
        return cls(content=spec) if isinstance(spec, str) else cls(**spec)

    @property
    def is_whole(self) -> bool:
        """This is a completion that nothing is wrong with."""
        return self.status == 200 and self.body is None and self.fault is None


@dataclass(kw_only=True)
class Rule:
    """A reply for the requests that fit all of the given conditions, `times` times at most."""

    match: str | None = None  # a part of the last user message
    regex: str | None = None
    flags: int = 0
    model: str | None = None
    times: int | None = None
    reply: str | dict[str, Any] = ""
    faults: dict[str, float] = field(default_factory=dict)
    stragglers: float = 0.0
    seed: int = 0
    retry_after: float | None = None  # seconds, told with the statuses of `faults`
    used: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._reply = Reply.of(self.reply)
        self._regex = re.compile(self.regex or "", self.flags)
        self._plan = FaultPlan(shares=self.faults, stragglers=self.stragglers, seed=self.seed)
        self._asked: Counter[str] = Counter()

    def answer(self, prompt: str, model: str) -> tuple[Reply, str | None] | None:
        """The reply and the fault that the plan put into it, or None if the rule does not hold."""
        if self.used == self.times or self.model not in (None, model):
            return None
        found = self._regex.search(prompt)
        if found is None or (self.match or "") not in prompt:
            return None
        self.used += 1
        reply = replace(self._reply, content=self._content(found, prompt))
        self._asked[prompt] += 1
        if self._plan.straggles(prompt, self._asked[prompt]):
            reply.delay *= STRAGGLING
        fault = self._plan.fault_of(prompt, self._asked[prompt])
        return (self._spoil(reply, fault) if fault else reply), fault

    def _content(self, found: re.Match[str], prompt: str) -> str:
        """The text with its placeholders filled in."""
        if "{" not in self._reply.content:
            return self._reply.content
        groups = [found.group(0), *found.groups()]
        values = {str(i): group for i, group in enumerate(groups)} | found.groupdict()
        values |= {"prompt": prompt, "n": str(self.used)}
        return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]) or "", self._reply.content)

    def _spoil(self, reply: Reply, fault: str) -> Reply:
        if fault in FAULTS:
            return replace(reply, fault=fault)
        return Reply(
            status=int(fault), delay=reply.delay, headers=retry_after_header(self.retry_after)
        )


def retry_after_header(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": f"{seconds:g}"}
