"""Reads a conversation: the question, the described variables, and what each step came to."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

__all__ = ["Observation", "Run", "last_user_text", "message_text", "printed", "read_run"]

T = TypeVar("T")

ROOT_PROMPT = "You are the root model of a Recursive Language Model (RLM)."
LAST_REQUEST = "This is the last request:"
_BRIEF = re.compile(r"Question:\n(.*?)\n+Variables in the namespace:\n?(.*)", re.DOTALL)
_STEP = re.compile(r"Step \d+ (ran|raised an exception)\.[^\n]*\n?", re.IGNORECASE)
_NOTES = re.compile(r"(?:^|\n\n)((?:Note: [^\n]*\n?)+)\Z")


@dataclass(frozen=True)
class Observation:
    """What came back after one reply."""

    kind: Literal["ran", "raised", "other"]
    output: str
    notes: tuple[str, ...] = ()
    is_last_request: bool = False


@dataclass(frozen=True)
class Run:
    """A root conversation up to the reply that is due now."""

    question: str
    description: str
    observations: tuple[Observation, ...]
    is_last_request: bool


def message_text(message: Mapping[str, Any]) -> str:
    """The text of one message, whose content may be a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))


def last_user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """The newest text that is not the assistant's own."""
    texts = [message_text(m) for m in messages if m.get("role") == "user"]
    return texts[-1] if texts else "\n".join(map(message_text, messages))


def printed(text: str, kind: type[T]) -> T | None:
    """The value that code printed, if it is whole and of the kind that was expected."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, kind) else None


def read_run(messages: Sequence[Mapping[str, Any]]) -> Run | None:
    """The run that these messages belong to, or None when they are not a root conversation."""
    if not messages or not message_text(messages[0]).startswith(ROOT_PROMPT):
        return None
    first, *later = _split_turns(messages[1:])
    brief = "\n\n".join(first)
    found = _BRIEF.search(brief)
    question, description = found.groups() if found else (brief, "")
    return Run(
        question=question.strip(),
        description=description,
        observations=tuple(map(_read_observation, later)),
        is_last_request=_asks_for_last(later[-1] if later else first),
    )


def _split_turns(messages: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The opening user texts, then the user texts that followed each reply."""
    turns: list[list[str]] = [[]]
    for message in messages:
        if message.get("role") == "assistant":
            turns.append([])
        else:
            turns[-1].append(message_text(message))
    return turns


def _asks_for_last(texts: Sequence[str]) -> bool:
    return any(text.startswith(LAST_REQUEST) for text in texts)


def _read_observation(texts: Sequence[str]) -> Observation:
    is_last = _asks_for_last(texts)
    text = "\n\n".join(text for text in texts if not text.startswith(LAST_REQUEST))
    notes: tuple[str, ...] = ()
    if found := _NOTES.search(text):
        notes = tuple(line.removeprefix("Note: ") for line in found[1].splitlines())
        text = text[: found.start()]
    step = _STEP.match(text)
    if step is None:
        return Observation("other", text, notes, is_last)
    kind: Literal["ran", "raised"] = "ran" if step[1].lower() == "ran" else "raised"
    return Observation(kind, text[step.end() :], notes, is_last)
