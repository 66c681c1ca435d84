"""What the runs of this session spent: together, by model, and the last of them one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from rlm_magic.run.result import Result
from rlm_magic.trace.report.summary import counted
from rlm_magic.trace.usage import Usage, usage_by_model

__all__ = ["Spent"]

_RUNS_SHOWN = 10
_QUESTION = 40  # characters
_COLUMNS = ("run", "status", "calls", "tokens", "dollars", "seconds", "question")
_TO_THE_LEFT = ("status", "question")


class Spent:
    """Adds up results, and says what they cost."""

    def __init__(self) -> None:
        self._runs = 0
        self._by_model: dict[str, Usage] = {}
        self._last: deque[tuple[str, ...]] = deque(maxlen=_RUNS_SHOWN)

    def add(self, result: Result) -> None:
        """Count a run that has ended."""
        self._runs += 1
        for model, usage in usage_by_model(result.events).items():
            self._by_model[model] = self._by_model.get(model, Usage()) + usage
        usage, seconds = result.usage, result.events[-1].time - result.events[0].time
        question = " ".join(result.question.split())
        self._last.append(
            (
                str(self._runs),
                result.status,
                f"{usage.calls:,}",
                f"{usage.tokens:,}",
                _dollars(usage) or "unknown",
                f"{seconds:.0f}",
                f"{question[:_QUESTION]}…" if len(question) > _QUESTION else question,
            )
        )

    def lines(self) -> list[str]:
        """Return the sum of all runs, what each model took of it, and a table of the last runs."""
        in_session = f"{counted(self._runs, 'run')} in this session"
        if not self._runs:
            return [in_session]
        return [
            f"{in_session}: {_words(sum(self._by_model.values(), Usage()))}",
            *(f"{model}: {_words(usage)}" for model, usage in self._by_model.items()),
            *_table([_COLUMNS, *self._last]),
        ]


def _words(usage: Usage) -> str:
    price = _dollars(usage)
    return (
        f"{counted(usage.calls, 'call')}, {usage.tokens:,} tokens, "
        f"{f'${price}' if price else 'price unknown'}"
    )


def _dollars(usage: Usage) -> str:
    """Return the dollars, with the most that requests without a reply may have cost on top."""
    if usage.usd is None:
        return ""
    given_up = usage.abandoned.usd or 0.0
    return f"{usage.usd:.4f}" + (f" to {usage.usd + given_up:.4f}" if given_up else "")


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if name in _TO_THE_LEFT else cell.rjust(width)
            for name, cell, width in zip(_COLUMNS, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
