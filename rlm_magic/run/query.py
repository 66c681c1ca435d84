"""A query is a question, or a chat whose long content becomes the context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlm_magic.errors import ConfigurationError

__all__ = ["Query", "read_query"]

Query = str | Sequence[Mapping[str, Any]]

_LONGEST_QUESTION = 2_000
_ABOUT_CHAT = (
    "`context` is a chat, a list of messages with `role` and `content`. Answer its last user "
    "message, as the assistant would."
)


def read_query(query: Query) -> tuple[str, Sequence[Mapping[str, Any]] | None]:
    """Return the question for the root model, and the chat if `query` is one.

    Raises ConfigurationError when there is no question in it.
    """
    if isinstance(query, str):
        if not query.strip():
            raise ConfigurationError("The question is empty: write what you want to know.")
        return query.strip(), None
    messages = _checked(query)
    last = next((m for m in reversed(messages) if m["role"] == "user"), None)
    if last is None:
        raise ConfigurationError("The messages hold no message with role 'user' to answer.")
    text = _text(last["content"]).strip()
    if 0 < len(text) <= _LONGEST_QUESTION:
        return f"{_ABOUT_CHAT} It reads:\n\n{text}", messages
    return (
        f"{_ABOUT_CHAT} It has {len(text):,} characters: find what it asks for at its beginning "
        "and at its end.",
        messages,
    )


def _checked(query: Any) -> Sequence[Mapping[str, Any]]:
    is_list = isinstance(query, Sequence) and len(query) > 0
    if is_list and all(isinstance(m, Mapping) and {"role", "content"} <= m.keys() for m in query):
        return query  # type: ignore[no-any-return]
    raise ConfigurationError(
        "A query is a text, or a list of messages such as {'role': 'user', 'content': '…'}."
    )


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        parts = (part.get("text", "") for part in content if isinstance(part, Mapping))
        return "\n".join(part for part in parts if isinstance(part, str))
    return ""
