"""A request that the scripted model provider received, in either of its two dialects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ROOT_PROMPT", "Dialect", "Request", "text_of"]

ROOT_PROMPT = "You are the root model of a Recursive Language Model (RLM)."

Dialect = Literal["openai", "anthropic"]


@dataclass
class Request:
    """What was asked, and what became of it. Times are of `time.monotonic()`."""

    number: int
    dialect: Dialect
    headers: Mapping[str, str]
    body: dict[str, Any]
    received_at: float
    finished_at: float | None = None
    aborted: bool = False
    status: int | None = None
    delay: float = 0.0  # seconds that its reply had to wait
    fault: str | None = None  # what the plan of a rule did to it
    cached: int = 0  # tokens of the prompt that were read from the cache of prefixes
    cache_created: int = 0  # tokens that Anthropic's cache takes in

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation; Anthropic's system prompt is the first message of it too."""
        messages = list(self.body.get("messages", []))
        if self.dialect == "anthropic" and "system" in self.body:
            messages.insert(0, {"role": "system", "content": self.body["system"]})
        return messages

    @property
    def is_root(self) -> bool:
        first = self.messages[0] if self.messages else {}
        return first.get("role") == "system" and text_of(first).startswith(ROOT_PROMPT)

    @property
    def prompt(self) -> str:
        """The last message of the user."""
        users = (m for m in reversed(self.messages) if m.get("role") == "user")
        return text_of(next(users, {}))

    @property
    def prompt_tokens(self) -> int:
        """A count that depends on nothing but the texts: a quarter of their length."""
        return sum(max(1, len(text_of(message)) // 4) for message in self.messages)

    @property
    def key(self) -> str:
        authorization = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-api-key", authorization)

    def to_json(self) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return {**vars(self), "headers": headers, "is_root": self.is_root, "prompt": self.prompt}


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
