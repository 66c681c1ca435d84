"""Which requests fail by plan, and how: the same ones in every run, whatever their timing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

__all__ = ["FAULTS", "FaultPlan"]

FAULTS = ("hang", "reset", "malformed", "truncate_stream", "empty_choices")


@dataclass(frozen=True, kw_only=True)
class FaultPlan:
    """Shares of the requests that fail in each way, and of those that are slow.

    What becomes of a request depends on its prompt, on how often that was asked before, and on the
    seed. So another try has another fate, and neither the order nor the time of requests matters.
    """

    shares: Mapping[str, float] = field(default_factory=dict)  # by fault, or by status: "429"
    stragglers: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for fault in self.shares:
            if fault not in FAULTS and not (fault.isdecimal() and 400 <= int(fault) <= 599):
                raise ValueError(f"{fault!r} is neither a status nor one of {', '.join(FAULTS)}")
        if min(self.shares.values(), default=0) < 0 or sum(self.shares.values()) > 1:
            raise ValueError("the shares of faults must be at least 0 and together at most 1")

    def fault_of(self, prompt: str, attempt: int) -> str | None:
        """The fault that the request meets, or None."""
        drawn = self._draw("fault", prompt, attempt) if self.shares else 1.0
        for fault, share in self.shares.items():
            if drawn < share:
                return fault
            drawn -= share
        return None

    def straggles(self, prompt: str, attempt: int) -> bool:
        return self.stragglers > 0 and self._draw("pace", prompt, attempt) < self.stragglers

    def _draw(self, what: str, prompt: str, attempt: int) -> float:
        """A number from 0 up to 1 that looks random."""
        text = f"{self.seed} {what} {attempt} {prompt}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=6).digest()) / (1 << 48)
