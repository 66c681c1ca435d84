"""What a benchmark returns, and the table in which it is printed."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Figure", "table"]

_HEADER = ("name", "figure", "goal", "met")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `met` is None where there is no goal: the figure is printed for information."""

    name: str
    value: str
    goal: str = ""
    met: bool | None = None

    @classmethod
    def at_most(cls, name: str, value: float, limit: float, unit: str, digits: int = 1) -> "Figure":
        """A figure that should stay under `limit`."""
        shown = f"{value:,.{digits}f} {unit}"
        return cls(name, shown, f"under {limit:,g} {unit}", value < limit)

    @classmethod
    def constant(cls, name: str, milliseconds: float, base: float, percent: int = 20) -> "Figure":
        """A time that should be `base`, give or take `percent`."""
        ratio = milliseconds / base
        shown, goal = f"{ratio:.2f} × {base:.2f} ms", f"1.00 × ±{percent} %"
        return cls(name, shown, goal, abs(ratio - 1) <= percent / 100)


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a Markdown table with aligned columns."""
    words = {True: "yes", False: "no", None: ""}
    rows = [(f.name, f.value, f.goal, words[f.met]) for f in figures]
    widths = [max(map(len, column)) for column in zip(_HEADER, *rows, strict=True)]
    rule = ("-" * widths[0], "-" * (widths[1] - 1) + ":", "-" * widths[2], "-" * widths[3])
    return "\n".join(_line(row, widths) for row in (_HEADER, rule, *rows))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
    cells[1] = row[1].rjust(widths[1])
    return f"| {' | '.join(cells)} |"
