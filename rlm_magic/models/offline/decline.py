"""Declines honestly: says what could not be decided, and what can be asked of this very data."""

from rlm_magic.models.offline.about import SHORT
from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.meanings import date_field, is_additive
from rlm_magic.models.offline.steps import Answer

__all__ = ["decline", "examples"]


def decline(why: str, data: Data) -> Answer:
    """An answer in words that names the obstacle and gives questions that would work."""
    listed = "\n".join(f"- {example}" for example in examples(data))
    return Answer(
        f"I cannot answer this: {why.rstrip('.')}. {SHORT}\nOn `{data.name}` I can do, for example:"
        f"\n{listed}\nA real model understands more: %%rlm -m openai/gpt-5, or RLM_MODEL."
    )


def examples(data: Data) -> list[str]:
    """Questions that the rules can work out on this data."""
    name = data.name
    if data.shape == "numbers":
        return [f"What is the average of {name}?", f"What is in `{name}`?"]
    if not data.has_rows:
        return [
            f'Find all lines of `{name}` that mention "error".',
            f"Classify each entry of `{name}` into positive, negative or other, and count each.",
            f"What is in `{name}`?",
        ]
    kinds = [f for f in data.fields if data.repeats(f) and not f.is_number and not f.is_date]
    numbers = [f for f in data.fields if f.is_number and f != data.key]
    date = date_field("", data.fields)
    found = [f"How many rows of `{name}` are there by {f.name}?" for f in kinds[:1]]
    found += [_figure(number, kinds) for number in numbers[:1]]
    found += [f"How many rows of `{name}` are there per month?"] * bool(date)
    if text := data.text_field(""):
        found.append(f'How many rows of `{name}` mention "error" in their {text.name}?')
    return [*found, f"What is in `{name}`?"][:4]


def _figure(number: Field, kinds: list[Field]) -> str:
    measure = "total" if is_additive(number) else "average"
    return f"What is the {measure} {number.name}" + (f" by {kinds[0].name}?" if kinds else "?")
