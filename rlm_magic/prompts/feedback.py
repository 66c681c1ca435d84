"""What goes back to the root model after each of its replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "NUDGE",
    "BlockOutcome",
    "cut_off_replies",
    "observation",
    "refused_final",
    "restored_helpers",
]

NUDGE = (
    "Your reply held neither code nor a final answer. Write the next step as Python in a ```repl "
    'block, or finish with FINAL(value) or FINAL_VAR("name").'
)


@dataclass(frozen=True, slots=True)
class BlockOutcome:
    """What became of one block: it ran (`output`, `chars`, `failed`, `bound`) or was `rejected`."""

    output: str = ""
    chars: int = 0
    failed: bool = False
    bound: tuple[str, ...] = ()
    rejected: str | None = None


def observation(step: int, outcomes: Sequence[BlockOutcome], notes: Sequence[str] = ()) -> str:
    """Return the message about a step; with several blocks, one paragraph for each."""
    several = len(outcomes) > 1
    parts = [
        _block(f"Step {step}, block {number}" if several else f"Step {step}", outcome)
        for number, outcome in enumerate(outcomes, start=1)
    ]
    if notes:
        parts.append("\n".join(f"Note: {note}" for note in notes))
    return "\n\n".join(parts)


def _block(name: str, outcome: BlockOutcome) -> str:
    if outcome.rejected is not None:
        said = f" Their note: {outcome.rejected}" if outcome.rejected else ""
        return f"{name} was not run: the person rejected the code.{said}"
    if outcome.failed:
        return (
            f"{name} raised an exception. Output ({outcome.chars:,} characters):\n{outcome.output}"
        )
    if outcome.output.strip():
        return f"{name} ran. Output ({outcome.chars:,} characters):\n{outcome.output}"
    names = ", ".join(f"`{name}`" for name in outcome.bound)
    return f"{name} ran. No output. {f'Newly bound: {names}.' if names else 'Nothing newly bound.'}"


def refused_final(problem: str) -> str:
    """Return the note about a final answer that was not accepted."""
    return f"The final answer was refused: {problem}"


def cut_off_replies(number: int) -> str:
    """Return the note about replies of sub-models that ended at their limit of tokens."""
    replies = "1 reply" if number == 1 else f"{number:,} replies"
    return f"{replies} of the sub-model broke off at the limit of tokens (max_tokens)."


def restored_helpers(names: Sequence[str]) -> str:
    """Return the note about helpers that the code overwrote or deleted."""
    listed = ", ".join(f"`{name}`" for name in names)
    return f"The code overwrote or deleted {listed}, now restored: use other names for variables."
