"""A prompt that is larger than the model's window is refused before it is sent."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from rlm_magic import ModelError
from rlm_magic.models.spec import ModelSpec
from rlm_magic.models.window import check_window
from tests.engine import engine, repl
from tests.servers.client import FakeOpenAI

WORDS = "the quick brown fox jumps over lazy dogs while seven wizards brew tea".split()


def prose(words: int) -> str:
    """Text of about a token a word."""
    return " ".join(random.Random(1).choices(WORDS, k=words))


async def check(model: str, *contents: Any) -> None:
    await check_window(
        ModelSpec(model), [{"role": "user", "content": content} for content in contents]
    )


async def refusal(model: str, *contents: Any) -> str:
    """What is said of a prompt that is too long."""
    with pytest.raises(ModelError) as caught:
        await check(model, *contents)
    assert caught.value.fault == "too_long"
    return str(caught.value)


def size_in(sentence: str) -> int:
    told = re.search(r"has about ([\d,]+) tokens", sentence)
    return int(told[1].replace(",", "")) if told else 0


async def test_both_sizes_are_told() -> None:
    said = await refusal("openai/gpt-4o", prose(400_000))
    assert re.fullmatch(
        r"The prompt has about 4\d\d,\d\d\d tokens and openai/gpt-4o reads at most 128,000: split "
        r"it into chunks, or choose a model with a larger window\.",
        said,
    )


async def test_near_the_size_of_the_window_tokens_are_counted() -> None:
    await check("openai/gpt-4o", " a" * 128_000)
    await refusal("openai/gpt-4o", " a" * 128_001)
    await check("openai/gpt-4o", " a" * 92_000 + " hello" * 34_500)  # a sample finds too many


async def test_a_text_of_more_bytes_than_the_window_may_still_fit() -> None:
    await check("openai/gpt-4o", prose(80_000))


async def test_all_messages_and_parts_count_together() -> None:
    part = {"type": "text", "text": prose(50_000)}
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 900_000}"}}
    await check("openai/gpt-4o", prose(50_000), [image, part])
    assert size_in(await refusal("openai/gpt-4o", prose(50_000), [part, image, part])) > 140_000


async def test_a_very_large_prompt_is_sampled() -> None:
    text = prose(20_000) * 100
    assert size_in(await refusal("openai/gpt-4o", text)) == pytest.approx(2_050_000, rel=0.1)


def test_a_sub_call_that_is_too_long_is_not_sent_and_the_others_are(server: FakeOpenAI) -> None:
    code = """
    long = 'many words of prose ' * 40_000
    FINAL(llm_query_batched(['a', long, 'b']))
    """
    server.script([repl(code)])
    first, long, last = engine(server, "openai/gpt-4o-mini").completion("q").answer
    assert (first, last) == ("echo: a", "echo: b")
    assert long.startswith("[call failed] The prompt has about 160,")
    assert "reads at most 128,000: split it into chunks" in long
    assert len(server.sub_requests()) == 2


async def test_a_model_whose_window_is_unknown_is_asked() -> None:
    await check("openai/scripted", prose(400_000))


async def test_a_model_whose_tokenizer_is_unknown_is_asked_where_the_count_is_in_doubt() -> None:
    await check("anthropic/claude-sonnet-4-5", prose(190_000))
    await refusal("anthropic/claude-sonnet-4-5", prose(260_000))


async def test_text_that_is_no_valid_unicode_is_counted() -> None:
    await refusal("openai/gpt-4", "\ud800" * 40_000)
