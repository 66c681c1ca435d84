"""What calls cost: rates, prices of replies, worst cases that are true bounds, and estimates."""

from __future__ import annotations

import base64
import importlib
import struct
from typing import Any

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_magic import ConfigurationError
from rlm_magic.events import Tokens
from rlm_magic.models.prices import Rates, check_prices, estimate, rates_of, worst_case
from rlm_magic.models.provider import load_litellm

PLAIN = Rates(input=1e-6, cached=1e-7, cache_write=1.25e-6, output=4e-6)


def user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


def picture(width: int, height: int) -> dict[str, Any]:
    """A content part with the start of a PNG of that size."""
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    url = f"data:image/png;base64,{base64.b64encode(header).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def test_rates_are_those_in_litellms_table() -> None:
    entry = load_litellm().model_cost["claude-sonnet-4-5"]
    assert rates_of("anthropic/claude-sonnet-4-5") == Rates(
        entry["input_cost_per_token"],
        entry["cache_read_input_token_cost"],
        entry["cache_creation_input_token_cost"],
        entry["output_cost_per_token"],
    )


def test_without_a_rate_for_cached_tokens_they_cost_what_all_do() -> None:
    rates = rates_of("openai/gpt-4")
    assert rates is not None
    assert rates.cached == rates.cache_write == rates.input


@pytest.mark.parametrize("model", ["openai/scripted", "ollama/llama3", "nonsense"])
def test_a_model_without_a_price_or_with_a_price_of_zero_has_no_rates(model: str) -> None:
    assert rates_of(model) is None


def test_the_offline_model_is_free() -> None:
    assert rates_of("offline/demo") == Rates(0, 0, 0, 0)


def test_a_persons_own_prices_come_first() -> None:
    prices = {"openai/gpt-4o": {"input": 0.15, "output": 0.6, "cached": 0.07}}
    rates = rates_of("openai/gpt-4o", prices)
    assert rates is not None
    assert rates.input == rates.cache_write == pytest.approx(1.5e-7)
    assert (rates.cached, rates.output) == pytest.approx((7e-8, 6e-7))
    assert rates_of("openai/gpt-4o-mini", prices) == rates_of("openai/gpt-4o-mini")


def test_a_price_of_zero_that_a_person_sets_is_a_price() -> None:
    prices = {"openai/local": {"input": 0, "output": 0}}
    assert rates_of("openai/local", prices) == Rates(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        (5, "prices must be a mapping from models to dollars a million tokens"),
        ({"m": 0.15}, r"prices\['m'\] must give the dollars for a million tokens of 'input' and"),
        ({"m": {"input": 1}}, r"prices\['m'\] must give the dollars for a million tokens"),
        ({"m": {"input": 1, "output": 1, "in": 2}}, r"has no 'in': it may hold input, output, c"),
        ({"m": {"input": -1, "output": 1}}, r"prices\['m'\]\['input'\] must be dollars .* not -1"),
        ({"m": {"input": 1, "output": "2"}}, r"prices\['m'\]\['output'\] must be dollars"),
        ({"m": {"input": 1, "output": True}}, r"prices\['m'\]\['output'\] must be dollars"),
        ({"m": {"input": 1, "output": float("inf")}}, r"\['output'\] must be dollars"),
    ],
)
def test_prices_that_cannot_be_used_are_refused(prices: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        check_prices(prices)


def test_cached_and_written_tokens_are_priced_as_such() -> None:
    tokens = Tokens(input=1000, cached=600, written=300, output=10)
    assert PLAIN.price(tokens) == pytest.approx(100e-6 + 60e-6 + 375e-6 + 40e-6)


@pytest.mark.parametrize("read", [150_000, 300_000])
@pytest.mark.parametrize("model", ["gemini/gemini-2.5-pro", "dashscope/qwen-flash"])
def test_a_long_prompt_is_priced_by_its_tier(model: str, read: int) -> None:
    litellm = load_litellm()
    rates = rates_of(model)
    assert rates is not None
    expected = litellm.cost_per_token(model=model, prompt_tokens=read, completion_tokens=1000)
    assert rates.price(Tokens(input=read, output=1000)) == pytest.approx(sum(expected))


def test_where_reasoning_is_dearer_all_output_is_priced_as_reasoning() -> None:
    rates = rates_of("dashscope/qwen-turbo")
    entry = load_litellm().model_cost["dashscope/qwen-turbo"]
    assert rates is not None
    assert rates.output == entry["output_cost_per_reasoning_token"] > entry["output_cost_per_token"]


@pytest.mark.parametrize(
    "model", ["anthropic/claude-sonnet-4-5", "openai/gpt-4o-mini", "gemini/gemini-2.5-pro"]
)
def test_prices_are_those_that_litellm_computes(model: str) -> None:
    usage = importlib.import_module("litellm.types.utils").Usage(
        prompt_tokens=10_000,
        completion_tokens=500,
        cache_read_input_tokens=6_000,
        cache_creation_input_tokens=3_000,
    )
    expected = load_litellm().cost_per_token(model=model, usage_object=usage)
    rates = rates_of(model)
    assert rates is not None
    tokens = Tokens(input=10_000, cached=6_000, written=3_000, output=500)
    assert rates.price(tokens) == pytest.approx(sum(expected))


@settings(deadline=None)  # the first one loads the tokenizer
@given(st.text(max_size=300))
def test_no_tokenizer_makes_more_tokens_than_the_worst_case(text: str) -> None:
    most = worst_case(user(text), 100, PLAIN).tokens
    for model in ("gpt-4o", "gpt-4", "gpt-3.5-turbo"):
        assert load_litellm().token_counter(model, messages=user(text)) + 100 <= most


def test_a_worst_case_counts_bytes() -> None:
    ascii_only, hindi = (worst_case(user(text), 100, PLAIN).tokens for text in ("ab", "हि"))
    assert hindi - ascii_only == 4


def test_lone_surrogates_count() -> None:
    assert worst_case(user("\ud800" * 10), 100, PLAIN).tokens >= 130


def test_a_class_that_describes_the_reply_counts_as_the_schema_that_is_sent() -> None:
    fields: dict[str, Any] = {
        f"f{i}": (str, pydantic.Field(description="x" * 100)) for i in range(100)
    }
    params = {"response_format": pydantic.create_model("Shape", **fields)}
    plain = worst_case(user("a"), 100, PLAIN).tokens
    assert worst_case(user("a"), 100, PLAIN, params=params).tokens > plain + 10_000


def test_what_goes_with_a_prompt_counts() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x" * 1000}}
    plain = worst_case(user("a"), 100, PLAIN).tokens
    assert (
        worst_case(user("a"), 100, PLAIN, params={"response_format": schema}).tokens > plain + 999
    )


def test_the_worst_case_in_dollars_is_at_the_dearest_rates() -> None:
    cost = worst_case(user("a" * 1000), 500, PLAIN)
    read = cost.tokens - 500
    assert cost.usd == pytest.approx(read * 1.25e-6 + 500 * 4e-6)
    assert (cost.calls, cost.output, cost.output_usd) == (1, 500, pytest.approx(500 * 4e-6))


def test_the_worst_case_reaches_into_the_tier_that_the_prompt_may_reach() -> None:
    tiered = Rates(1e-6, 1e-6, 1e-6, 1e-6, tiers=((1_000, Rates(2e-6, 2e-6, 2e-6, 3e-6)),))
    short, long = (worst_case(user("a" * size), 100, tiered) for size in (100, 2_000))
    assert short.usd == pytest.approx(short.tokens * 1e-6)
    assert long.usd == pytest.approx((long.tokens - 100) * 2e-6 + 100 * 3e-6)


def test_a_worst_case_without_a_price_names_the_model() -> None:
    cost = worst_case(user("a"), 100, None, model="openai/mine")
    assert (cost.usd, cost.model) == (None, "openai/mine")


@pytest.mark.parametrize(
    ("width", "height", "charged"),
    [
        # As the providers' documents count: OpenAI's tiles, Anthropic's area, Gemini's crops.
        (512, 512, 255),
        (1024, 1024, 765),
        (2048, 4096, 1105),
        (1092, 1092, 1590),
        (960, 540, 1548),
        (64, 64, 1120),
    ],
)
def test_a_picture_is_bounded_by_its_size(width: int, height: int, charged: int) -> None:
    text = worst_case(user("a"), 0, PLAIN).tokens
    parts = [{"type": "text", "text": "a"}, picture(width, height)]
    most = worst_case(user(parts), 0, PLAIN, model="openai/gpt-4o").tokens - text
    assert charged <= most <= 3_000 + 1_100 * 16


def test_a_small_picture_is_bounded_by_less_than_a_large_one() -> None:
    small, large, unknown = (
        worst_case(user([part]), 0, PLAIN, model="openai/gpt-4o").tokens
        for part in (
            picture(100, 100),
            picture(9000, 9000),
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        )
    )
    assert small < large == unknown


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", ""])
def test_a_model_that_counts_pictures_many_times_has_a_bound_of_its_own(model: str) -> None:
    assert worst_case(user([picture(1024, 1024)]), 0, PLAIN, model=model).tokens >= 25_501


def test_an_estimate_is_what_to_expect() -> None:
    tokens, usd = estimate(["a" * 4000] * 10, 4096, PLAIN)
    assert tokens == 10 * (1000 + 300)
    assert usd == pytest.approx(10 * (1000 * 1e-6 + 300 * 4e-6))


def test_an_estimate_expects_no_more_output_than_may_come() -> None:
    assert estimate(["a" * 400], 20, None) == (120, None)


def test_an_estimate_counts_pictures() -> None:
    parts = [{"type": "text", "text": "a" * 400}, picture(9, 9)]
    assert estimate([parts], 20, None) == (1120, None)
