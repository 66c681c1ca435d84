"""The steps of a run as a program reads them: replies, and the code that ran."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rlm_magic.events import CodeExecuted, Event
from rlm_magic.trace.transcript import transcript

__all__ = ["Block", "Step", "steps_of", "words_of"]

_FENCE = re.compile(r"^[ \t]*+(?:```|~~~)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code that ran; `output_chars` is the true length of `output`."""

    code: str
    output: str
    output_chars: int
    error: str | None
    bound: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """One root reply, the blocks of it that ran, and how many sub-calls they made."""

    number: int
    reply: str
    blocks: tuple[Block, ...]
    sub_calls: int
    failed_sub_calls: int

    @property
    def words(self) -> str:
        """What the model said before its code."""
        return words_of(self.reply)[0]

    @property
    def code(self) -> str:
        """The code of the step."""
        return "\n\n".join(block.code for block in self.blocks)

    @property
    def output(self) -> str:
        """The output of the step."""
        return "\n".join(block.output for block in self.blocks)


def words_of(reply: str) -> tuple[str, bool]:
    """Return what a reply says before its first fence, and whether it has one."""
    words, *rest = _FENCE.split(reply, maxsplit=1)
    return words.strip(), bool(rest)


def steps_of(events: Iterable[Event]) -> tuple[Step, ...]:
    """Return the steps of the root run among the events of a run tree."""
    return tuple(
        Step(
            number=it.number,
            reply=it.reply.text,
            blocks=tuple(map(_block, it.executed)),
            sub_calls=len(it.ended),
            failed_sub_calls=sum(call.reply is None for call in it.ended),
        )
        for it in transcript(events).steps.values()
        if it.reply
    )


def _block(event: CodeExecuted) -> Block:
    return Block(
        code=event.code,
        output=event.output,
        output_chars=event.output_chars,
        error=event.error,
        bound=event.bound,
        seconds=event.seconds,
    )
