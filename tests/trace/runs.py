"""Events of runs that were never run: as many steps, sub-calls and child runs as a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from rlm_magic.events import (
    Abandoned,
    AnyEvent,
    BatchStarted,
    CallRetried,
    CodeExecuted,
    CodeProposed,
    Observed,
    RootReplied,
    RootRequested,
    RootStreamed,
    RunFinished,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
    Tokens,
)

__all__ = ["Story"]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A run: each step sends a batch of `calls`, of which every `failing`-th fails.

    Every `stored`-th of them comes from the store, every `retried`-th is sent again, one request
    given up.
    `seed` decides in which order the replies come, what the ids are, and when all of it happens.
    """

    steps: int = 1
    calls: int = 0
    failing: int = 0
    stored: int = 0
    retried: int = 0
    children: int = 0
    prompt: str = "prompt"
    reply: str = "reply"
    output: str = "output"
    answer: str = "answer"
    usd: float | None = 0.5
    seed: int = 0

    def events(self) -> list[AnyEvent]:
        """All events, numbered and with their times."""
        pace = 0.001 * (1 + self.seed)
        return [
            event.model_copy(update={"seq": seq, "time": 1_000.0 * (1 + self.seed) + seq * pace})
            for seq, event in enumerate(self._events(), start=1)
        ]

    def _events(self) -> Iterator[AnyEvent]:
        root = f"root-{self.seed}"
        yield self._start(root)
        for step in range(1, self.steps + 1):
            yield RootRequested(run=root, step=step, added=(("user", "added " * 100),))
            yield RootStreamed(run=root, step=step, start=0, text="streamed")
            yield self._replied(root, step)
            code = {"run": root, "step": step, "block": 1, "code": "print(1)"}
            yield CodeProposed.model_validate(code | {"level": "new", "chips": (), "asked": False})
            yield from self._batch(root, step)
            for child in range(self.children):
                run = f"{root}-{step}-{child}"
                yield self._start(run, root, step)
                yield RootRequested(run=run, step=1, added=())
                yield self._replied(run, 1)
                yield RunFinished(run=run, status="answered", answer="7", answer_type="int")
            told = {"output": self.output, "output_chars": len(self.output), "seconds": self.seed}
            yield CodeExecuted.model_validate(code | told)
            yield Observed(run=root, step=step, text="observed")
        yield RunFinished(run=root, status="answered", answer=self.answer, answer_type="str")

    def _start(self, run: str, parent: str | None = None, step: int | None = None) -> RunStarted:
        return RunStarted(
            run=run,
            question="Why?",
            model="root",
            sub_model="sub",
            depth=0 if parent is None else 1,
            max_depth=2,
            parent=parent,
            parent_step=step,
            description="- `x`: int = 1",
            version="1",
        )

    def _replied(self, run: str, step: int) -> RootReplied:
        return RootReplied(
            run=run,
            step=step,
            text="I look.\n\n```repl\nprint(1)\n```",
            tokens=Tokens(input=100, output=10),
            usd=self.usd,
            seconds=self.seed,
        )

    def _batch(self, run: str, step: int) -> Iterator[AnyEvent]:
        if not self.calls:
            return
        yield BatchStarted(run=run, step=step, batch=step, calls=self.calls)
        numbers = [(step - 1) * self.calls + place for place in range(1, self.calls + 1)]
        for call in numbers:
            prompt = f"{call}: {self.prompt}"
            yield SubCallStarted(
                run=run, step=step, call=call, model="sub", prompt=prompt, batch=step
            )
        Random(self.seed).shuffle(numbers)
        for call in numbers:
            fails = self.failing and call % self.failing == 0
            stored = bool(self.stored) and not fails and call % self.stored == 0
            again = self.retried and not stored and call % self.retried == 0
            if again:
                yield CallRetried(
                    run=run, step=step, call=call, error="no reply", fault="reset", wait=self.seed
                )
            yield SubCallFinished(
                run=run,
                step=step,
                call=call,
                reply=None if fails else f"{call}: {self.reply}",
                error="no reply" if fails else None,
                fault="reset" if fails else None,
                cached=stored,
                retries=1 if again else 0,
                key=f"key-{self.seed}-{call}",
                abandoned=Abandoned(requests=1, tokens=9, usd=0.25) if again else Abandoned(),
                tokens=Tokens() if fails else Tokens(input=3, cached=1, output=1),
                usd=None if fails else self.usd,
                seconds=self.seed,
            )
