"""Says where a replay leaves its recording, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlm_magic.models.spec import Message
from rlm_magic.models.store.entry import kept_message
from rlm_magic.models.store.identity import counted
from rlm_magic.models.store.nearest import Nearest, common_start, text_of
from rlm_magic.models.store.store import Store

__all__ = ["divergence"]

_BEFORE = 20  # characters of an excerpt that are equal
_EXCERPT = 60
_REMEDY = "To ask for what isn't recorded, set cache to 'on' (in a cell: --cache on)."


def divergence(
    store: Store, model: str, messages: Sequence[Message], parameters: Mapping[str, Any], what: str
) -> str:
    """Return why the store holds no reply to a request: how the most similar one differs.

    `what` names the request, as in "the root request of step 3". Waits for the store; raises
    ConfigurationError where that can't be read.
    """
    nearest = store.nearest(model, messages, parameters).result()
    return f"{_reason(nearest, model, messages, parameters, what)} {_REMEDY}"


def _reason(
    nearest: Nearest | None,
    model: str,
    messages: Sequence[Message],
    parameters: Mapping[str, Any],
    what: str,
) -> str:
    missing = f"The store holds no reply to {what}"
    if nearest is None:
        return f"{missing}, nor any other of {model}."
    if nearest.same < len(messages):
        return f"{missing}: {_of_messages(nearest, messages)}."
    asked = counted(parameters)
    if asked in nearest.parameters:
        return f"{missing}: fewer replies to the same prompt are recorded than are asked for."
    if not nearest.parameters:
        return f"{missing}: it was removed, and only what was said later is there."
    recorded = min(nearest.parameters, key=lambda it: len(_different(it, asked)))
    return f"{missing}: it was recorded with other parameters ({_changes(recorded, asked)})."


def _of_messages(nearest: Nearest, messages: Sequence[Message]) -> str:
    message = messages[nearest.same]
    where = "" if len(messages) == 1 else f"message {nearest.same + 1} ({message['role']}), "
    now = text_of(kept_message(message))
    if nearest.message is None:
        return f"the recorded conversation ends before {where}{_excerpt(now, 0)}"
    before = text_of(nearest.message)
    start = common_start(before, now)
    line = now.count("\n", 0, start) + 1
    column = start - (now.rfind("\n", 0, start) + 1) + 1
    if start == len(before) == len(now):
        return f"{where}with the same text, was recorded as {nearest.message['role']}"
    return (
        f"{where}line {line}, character {column}: recorded was {_excerpt(before, start)}, now it "
        f"is {_excerpt(now, start)}"
    )


def _excerpt(text: str, at: int) -> str:
    start = max(0, at - _BEFORE)
    end = start + _EXCERPT
    return f"{'…' * (start > 0)}{text[start:end]!r}{'…' * (end < len(text))}"


def _changes(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name}: {_value(recorded, name)} then, {_value(asked, name)} now"
        for name in _different(recorded, asked)
    )


def _different(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    names = sorted(recorded.keys() | asked.keys())
    return [name for name in names if recorded.get(name) != asked.get(name)]


def _value(parameters: Mapping[str, Any], name: str) -> str:
    return repr(parameters[name])[:_EXCERPT] if name in parameters else "not set"
