"""Refuses a prompt that is larger than the model's window, before anything is sent or reserved.

A provider refuses it too, after all of it was sent; so where the count is in doubt, it decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache

from rlm_magic.errors import ModelError
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.sizes import byte_count, texts_of
from rlm_magic.models.spec import Message, ModelSpec

__all__ = ["check_window"]

# Where the tokenizer isn't known the count is that of another, which makes about as few tokens as
# any in use.
_STAND_IN, _DOUBT = "gpt-4o", 1.1

# A sample of a text decides where it is clear, so that a batch of long prompts isn't held up.
_SLICES, _SLICE = 16, 1_000
_SURELY_FITS, _SURELY_TOO_LONG = 0.7, 1.5


async def check_window(spec: ModelSpec, messages: Sequence[Message]) -> None:
    """Raise ModelError (`too_long`) if the model can't read all of `messages`; on the I/O thread.

    Texts of no more bytes than the window has tokens always fit, so only larger ones are counted,
    on a thread of their own. A model whose window isn't known is asked.
    """
    window = _window(spec.name)
    texts = texts_of(messages)
    if window is None or sum(map(byte_count, texts)) <= window:
        return
    tokens = await asyncio.to_thread(_count, spec.name, "\n".join(texts), window)
    if tokens > window:
        raise ModelError(
            f"The prompt has about {tokens:,} tokens and {spec.name} reads at most {window:,}: "
            "split it into chunks, or choose a model with a larger window.",
            "too_long",
        )


@cache
def _window(model: str) -> int | None:
    try:
        return load_litellm().get_model_info(model).get("max_input_tokens") or None
    except Exception:  # not in the table
        return None


def _count(model: str, text: str, window: int) -> int:
    """Return about how many tokens `text` has: exactly where that may matter, rather too few."""
    name, doubt = _tokenizer(model)
    count = load_litellm().token_counter
    step = max(1, (len(text) - _SLICE) // (_SLICES - 1))
    sample = "".join(text[n * step : n * step + _SLICE] for n in range(_SLICES))
    tokens = count(name, text=sample) * len(text) / len(sample)
    if _SURELY_FITS < tokens / window < _SURELY_TOO_LONG:
        tokens = count(name, text=text)
    return int(tokens / doubt)


@cache
def _tokenizer(model: str) -> tuple[str, float]:
    """Return the OpenAI model to count as, and how much more than another it may count."""
    import tiktoken

    name = model.rpartition("/")[2]
    try:
        tiktoken.encoding_name_for_model(name)
    except KeyError:
        return _STAND_IN, _DOUBT
    return name, 1.0
