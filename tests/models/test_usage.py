"""What a run used: calls, tokens and dollars, as the providers reported them."""

from __future__ import annotations

import importlib

import pytest

from rlm_magic import RLM
from rlm_magic.events import RootReplied, SubCallFinished, Tokens
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

# litellm reads what pydantic has deprecated, while it streams.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

FIRST = {"prompt_tokens": 100, "completion_tokens": 7, "cached_tokens": 60}
SECOND = {"prompt_tokens": 11, "completion_tokens": 2}


@pytest.mark.parametrize("stream", [False, True])
def test_tokens_are_those_that_the_provider_reports(server: FakeOpenAI, stream: bool) -> None:
    server.script([{"content": repl("FINAL(llm_query('hi'))"), "usage": FIRST}])
    server.rule("hi", "hello", usage=SECOND)
    result = engine(server, stream=stream).completion("q")
    assert [e.tokens for e in of(result, RootReplied)] == [Tokens(input=100, cached=60, output=7)]
    assert [e.tokens for e in of(result, SubCallFinished)] == [Tokens(input=11, output=2)]
    usage = result.usage
    assert (usage.calls, usage.failed_calls) == (2, 0)
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (111, 60, 9)
    assert (usage.tokens, usage.root_input_tokens) == (120, 100)


def test_child_runs_count(server: FakeOpenAI) -> None:
    server.script([{"content": repl("FINAL(rlm_query('x'))"), "usage": FIRST}], model="scripted")
    server.script([{"content": repl("FINAL(llm_query('hi'))"), "usage": FIRST}], model="child")
    server.rule("hi", "hello", usage=SECOND)
    usage = engine(server, sub_model="openai/child", max_depth=2).completion("q").usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (3, 211, 16)
    assert usage.root_input_tokens == 200


def test_an_unknown_price_is_none(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    result = engine(server).completion("q")
    assert result.usage.usd is None
    assert "price unknown" in str(result)


def test_one_unknown_price_makes_the_sum_unknown(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    rlm = engine(server, "openai/gpt-4o-mini", sub_model="openai/scripted")
    result = rlm.completion("q")
    assert [e.usd is None for e in of(result, RootReplied)] == [False]
    assert result.usage.usd is None


def test_a_known_price_counts_cached_tokens_at_their_own_rate(server: FakeOpenAI) -> None:
    server.script([{"content": repl("FINAL(llm_query('hi'))"), "usage": FIRST}])
    server.rule("hi", "hello", usage=SECOND)
    result = engine(server, "openai/gpt-4o-mini").completion("q")
    price = importlib.import_module("litellm").model_cost["gpt-4o-mini"]
    read, written = price["input_cost_per_token"], price["output_cost_per_token"]
    cached = price["cache_read_input_token_cost"]
    expected = (40 * read + 60 * cached + 7 * written) + (11 * read + 2 * written)
    assert result.usage.usd == pytest.approx(expected)
    assert f"${expected:.4f}" in str(result)


def test_a_provider_that_reports_no_tokens_leaves_the_price_unknown(server: FakeOpenAI) -> None:
    server.script([{"content": repl("FINAL(1)"), "usage": False}])
    usage = engine(server, "openai/gpt-4o-mini").completion("q").usage
    assert (usage.calls, usage.usd) == (1, None)


def test_the_offline_model_costs_nothing() -> None:
    result = RLM("offline/demo").completion("How many entries does the list have?", list(range(7)))
    assert result.usage.calls > 0
    assert result.usage.tokens > 0
    assert result.usage.usd == 0.0


def test_a_failed_call_is_counted_apart(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['a', 'bad']))")])
    server.rule("bad", status=500)
    usage = engine(server, retries=0).completion("q").usage
    assert (usage.calls, usage.failed_calls) == (2, 1)
