"""Budgets: refused before anything is sent, and never passed."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from rlm_magic import Budget, ConfigurationError
from rlm_magic.events import CodeExecuted
from rlm_magic.models.ledger import Ledger
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

TELL = """
from rlm_magic import BudgetError
try:
    CALL
except BudgetError as error:
    FINAL(str(error))
"""


def refusal(call: str) -> str:
    """A reply whose code makes a call that is refused, and answers with the refusal."""
    return repl(TELL.replace("CALL", call))


@pytest.mark.parametrize(
    "call",
    ["llm_query_batched(['a', 'b', 'c'])", "rlm_query_batched(['a', 'b', 'c'])"],
)
def test_a_batch_that_the_calls_cannot_cover_is_refused_whole(
    server: FakeOpenAI, call: str
) -> None:
    server.script([refusal(call)])
    result = engine(server, budget=Budget(calls=3)).completion("q")
    assert result.answer == (
        "The budget is 3 model calls and 2 remain, so this batch of 3 calls was not sent; the "
        "first 2 would fit."
    )
    assert server.sub_requests() == []


def test_what_a_refused_batch_would_have_taken_remains(server: FakeOpenAI) -> None:
    code = """
    from rlm_magic import BudgetError
    try:
        llm_query_batched(list("abcde"))
    except BudgetError:
        FINAL(llm_query_batched(list("fghi")))
    """
    server.script([repl(code)])
    result = engine(server, budget=Budget(calls=5)).completion("q")
    assert result.answer == ["echo: f", "echo: g", "echo: h", "echo: i"]
    assert len(server.requests()) == 5


def test_a_batch_that_the_tokens_cannot_cover_is_refused_whole_with_what_would_fit(
    server: FakeOpenAI,
) -> None:
    server.script([refusal("llm_query_batched(list('abcdefghij'))")])
    result = engine(server, budget=Budget(tokens=30_000)).completion("q")
    assert re.fullmatch(
        r"The budget is 30,000 tokens and 29,\d\d\d remain, so this batch of 10 calls, which may "
        r"take 43,690 at worst, was not sent; the first 6 would fit, or all of them with "
        r"max_tokens=2\d\d\d\. What the calls of a batch don't use comes back when it ends\.",
        result.answer,
    )
    assert server.sub_requests() == []


def test_a_batch_fits_with_the_limit_on_the_output_that_its_refusal_names(
    server: FakeOpenAI,
) -> None:
    code = """
    import re
    from rlm_magic import BudgetError
    try:
        llm_query_batched(list("abcdefghij"))
    except BudgetError as error:
        limit = int(re.search(r"max_tokens=(\\d+)", str(error))[1])
    FINAL((limit, llm_query_batched(list("abcdefghij"), max_tokens=limit)))
    """
    server.script([repl(code)])
    result = engine(server, budget=Budget(tokens=30_000)).completion("q")
    limit, replies = result.answer
    assert len(replies) == 10
    assert [request.body["max_tokens"] for request in server.sub_requests()] == [limit] * 10


def test_with_a_budget_of_tokens_each_call_is_bounded_by_what_is_sent(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    engine(server, budget=Budget(tokens=50_000)).completion("q")
    assert [request.body["max_tokens"] for request in server.requests()] == [4096, 4096]


def test_a_bound_that_the_person_chose_stands(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    rlm = engine(server, model_options={"max_tokens": 700}, budget=Budget(tokens=50_000))
    rlm.completion("q")
    assert server.requests()[0].body["max_tokens"] == 700


def test_of_two_bounds_the_larger_one_is_reserved(server: FakeOpenAI) -> None:
    options = {"max_tokens": 100, "max_completion_tokens": 40_000}
    rlm = engine(server, model_options=options, budget=Budget(tokens=40_000))
    assert rlm.completion("q").status == "over_budget"
    assert server.requests() == []


def test_settled_calls_give_back_what_they_did_not_use(server: FakeOpenAI) -> None:
    server.script([repl("FINAL([llm_query(f'{i}') for i in range(30)])")])
    result = engine(server, budget=Budget(tokens=12_000)).completion("q")
    assert len(result.answer) == 30
    assert result.usage.tokens < 12_000


def test_a_provider_that_reports_no_tokens_is_settled_at_the_worst_case(
    server: FakeOpenAI,
) -> None:
    server.script([refusal("FINAL([llm_query(f'{i}') for i in range(30)])")])
    server.rule(reply={"content": "ok", "usage": False})
    result = engine(server, budget=Budget(tokens=20_000)).completion("q")
    assert "The budget is 20,000 tokens" in result.answer
    assert 0 < len(server.sub_requests()) < 5


def test_a_budget_of_dollars_needs_a_known_price(server: FakeOpenAI) -> None:
    result = engine(server, budget=Budget(usd=1)).completion("q")
    assert (result.status, result.answer) == ("over_budget", None)
    assert result.error == (
        "The budget is in dollars and the price of openai/scripted is unknown, so this call was "
        "not sent; %config RLMMagics.prices = {'openai/scripted': {'input': 0.15, 'output': 0.6}} "
        "(dollars a million tokens), or prices=… in RLM(…), sets it."
    )
    assert server.requests() == []


def test_a_sub_model_of_unknown_price_is_refused_too(server: FakeOpenAI) -> None:
    server.script([refusal("llm_query('a')")])
    rlm = engine(server, "openai/gpt-4o-mini", sub_model="openai/scripted", budget=Budget(usd=1))
    assert "the price of openai/scripted is unknown" in rlm.completion("q").answer
    assert server.sub_requests() == []


def test_a_persons_own_price_is_a_price(server: FakeOpenAI) -> None:
    usage = {"prompt_tokens": 100_000, "completion_tokens": 1000, "cached_tokens": 50_000}
    server.script([{"content": repl("FINAL(1)"), "usage": usage}])
    prices = {"openai/scripted": {"input": 2, "output": 10, "cached": 1}}
    result = engine(server, budget=Budget(usd=1), prices=prices).completion("q")
    assert result.usage.usd == pytest.approx(0.05 * 2 + 0.05 * 1 + 0.001 * 10)


def test_runs_draw_on_the_account_of_their_session(server: FakeOpenAI) -> None:
    session = Ledger(Budget(calls=3), name="session budget")
    server.script([repl("FINAL(llm_query('a'))"), repl("FINAL(llm_query('b'))")])
    rlm = engine(server, session=session, budget=Budget(calls=10))
    assert rlm.completion("q").answer == "echo: a"
    result = rlm.completion("q")
    assert (result.status, session.calls_left) == ("over_budget", 0)
    assert len(server.requests()) == 3


def test_a_budget_of_the_session_bounds_what_is_sent(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    engine(server, session=Ledger(Budget(tokens=50_000))).completion("q")
    assert server.requests()[0].body["max_tokens"] == 4096


def test_a_batch_that_the_dollars_cannot_cover_is_refused_whole(server: FakeOpenAI) -> None:
    server.script([refusal("llm_query_batched([f'{i}' for i in range(50)])")])
    rlm = engine(server, "openai/gpt-4o-mini", budget=Budget(usd=0.01))
    assert "The budget is $0.01" in rlm.completion("q").answer
    assert server.sub_requests() == []


def test_the_first_request_counts(server: FakeOpenAI) -> None:
    result = engine(server, budget=Budget(tokens=100)).completion("q")
    assert result.status == "over_budget"
    assert "was not sent" in (result.error or "")
    assert server.requests() == []


def test_the_last_call_asks_for_the_best_answer(server: FakeOpenAI) -> None:
    server.script([repl("x = llm_query('a')"), "FINAL(as good as it gets)"])
    result = engine(server, budget=Budget(calls=3)).completion("q")
    assert (result.status, result.answer) == ("over_budget", "as good as it gets")
    assert server.requests()[-1].prompt.startswith("This is the last request:")


def test_a_run_without_a_call_left_ends_over_budget(server: FakeOpenAI) -> None:
    server.script([repl("x = llm_query_batched(['a', 'b'])")])
    result = engine(server, budget=Budget(calls=3)).completion("q")
    assert (result.status, result.answer) == ("over_budget", None)
    assert "The budget is 3 model calls and 0 remain" in (result.error or "")
    assert len(server.requests()) == 3


def test_of_a_thousand_calls_at_once_exactly_those_that_the_budget_covers_are_sent(
    server: FakeOpenAI,
) -> None:
    code = """
    from concurrent.futures import ThreadPoolExecutor
    from rlm_magic import BudgetError
    def work(i):
        try:
            return llm_query(f"chunk {i}")
        except BudgetError as error:
            return None
    with ThreadPoolExecutor(64) as threads:
        replies = list(threads.map(work, range(1000)))
    FINAL((len([reply for reply in replies if reply]), replies.count(None)))
    """
    server.script([repl(code)])
    result = engine(server, budget=Budget(calls=501)).completion("q")
    assert result.answer == (500, 500)
    assert len(server.sub_requests()) == 500


def test_a_request_that_is_sent_again_counts(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('a'))")])
    server.rule("a", status=500)
    result = engine(server, budget=Budget(calls=3)).completion("q")
    assert result.answer.startswith("[call failed]")
    assert len(server.sub_requests()) == 2


def test_child_runs_draw_on_the_same_budget(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(rlm_query_batched(['x', 'y']))")], model="scripted")
    server.script([refusal("llm_query_batched(list('abcd'))")] * 2, model="child")
    rlm = engine(server, sub_model="openai/child", max_depth=2, budget=Budget(calls=6))
    answers = rlm.completion("q").answer
    assert all("The budget is 6 model calls" in answer for answer in answers)
    assert server.sub_requests() == []


def test_the_budget_of_seconds_ends_busy_code(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)"), repl("print('begun')\nwhile True: pass")])
    engine(server).completion("q")  # litellm is loaded now
    result = engine(server, budget=Budget(seconds=2)).completion("q")
    assert result.status == "over_budget"
    assert result.error == "The budget of seconds is used up."
    [block] = of(result, CodeExecuted)
    assert block.output.startswith("begun\n")
    assert block.error == "KeyboardInterrupt"


@pytest.mark.parametrize("call", ["llm_query('p')", "llm_query_batched(['p'])"])
def test_the_budget_of_seconds_ends_a_wait_for_sub_calls(server: FakeOpenAI, call: str) -> None:
    server.script([repl("FINAL(1)"), repl(call)])
    server.rule("p", fault="hang")
    engine(server).completion("q")
    result = engine(server, budget=Budget(seconds=2)).completion("q")
    assert result.status == "over_budget"
    server.wait_for(aborted=1, idle=True)


def test_the_budget_of_seconds_ends_a_wait_for_the_root_model(server: FakeOpenAI) -> None:
    server.script([{"fault": "hang"}])
    result = engine(server, budget=Budget(seconds=1)).completion("q")
    assert (result.status, result.answer) == ("over_budget", None)
    server.wait_for(idle=True)


def test_after_the_budget_of_seconds_the_next_run_works(server: FakeOpenAI) -> None:
    rlm = engine(server, budget=Budget(seconds=2))
    server.script([{"fault": "hang"}, repl("FINAL(1)")])
    assert rlm.completion("q").status == "over_budget"
    assert rlm.completion("q").answer == 1


@pytest.mark.parametrize("name", ["usd", "tokens", "calls", "seconds"])
@pytest.mark.parametrize("value", [0, -1, "5", True, math.nan, math.inf, [1]])
def test_a_bad_budget_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"^budget {name} must be a .*number above zero"):
        Budget(**{name: value})


@pytest.mark.parametrize("name", ["tokens", "calls"])
def test_tokens_and_calls_are_whole_numbers(name: str) -> None:
    with pytest.raises(ConfigurationError, match="a whole number"):
        Budget(**{name: 1.5})  # type: ignore[arg-type]


def test_what_is_no_budget_is_refused(server: FakeOpenAI) -> None:
    with pytest.raises(ConfigurationError, match=r"budget must be a Budget\(…\), not 5"):
        engine(server, budget=5)


@pytest.mark.parametrize("value", [0, -1, 1.5, "4", True, math.inf, math.nan, 513])
def test_a_bad_concurrency_is_refused(server: FakeOpenAI, value: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^concurrency must be a whole number .* at most 512"
    ):
        engine(server, concurrency=value)


@pytest.mark.parametrize("value", [0, -1, "4", True, math.nan])
def test_a_bad_timeout_is_refused(server: FakeOpenAI, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^timeout must be a number above zero"):
        engine(server, timeout=value)
