"""The ledger: what is reserved never passes a bound, and a refusal says what would fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from rlm_magic import Budget, BudgetError
from rlm_magic.models.ledger import NOTHING, Cost, Ledger

PICO = 1e-12  # dollars; whole multiples of it are exact


def cost(read: int, output: int, rate: int = 1_000_000) -> Cost:
    """A request at `rate` picodollars a token."""
    tokens = read + output
    return Cost(1, tokens, tokens * rate * PICO, output, output * rate * PICO)


def fits(ledger: Ledger, costs: Sequence[Cost]) -> bool:
    try:
        ledger.reserve_all(costs)
    except BudgetError:
        return False
    for reserved in costs:
        ledger.settle(reserved, NOTHING)
    return True


def refusal(ledger: Ledger, *costs: Cost) -> str:
    with pytest.raises(BudgetError) as caught:
        ledger.reserve_all(costs)
    return str(caught.value)


@pytest.mark.parametrize(
    "budget", [Budget(calls=500), Budget(tokens=500 * 30), Budget(usd=500 * 30e-7)]
)
@pytest.mark.parametrize("nested", [False, True])
def test_of_a_thousand_reservations_at_once_exactly_those_that_fit_are_made(
    budget: Budget, nested: bool
) -> None:
    session = Ledger(budget)
    ledgers = [Ledger(Budget(), session) for _ in range(8)] if nested else [session] * 8
    barrier = Barrier(len(ledgers))

    def work(ledger: Ledger) -> int:
        made = 0
        barrier.wait()
        for _ in range(125):
            try:
                ledger.reserve(cost(20, 10, rate=100_000))
            except BudgetError:
                continue
            made += 1
        return made

    with ThreadPoolExecutor(len(ledgers)) as threads:
        assert sum(threads.map(work, ledgers)) == 500
    assert session.spent.calls == 500


costs = st.builds(cost, st.integers(0, 6), st.integers(0, 6))
budgets = st.builds(
    lambda calls, tokens, pico: Budget(
        calls=calls, tokens=tokens, usd=None if pico is None else pico * PICO
    ),
    st.none() | st.integers(1, 12),
    st.none() | st.integers(1, 60),
    st.none() | st.integers(1, 60).map(lambda tokens: tokens * 1_000_000),
)


class Account(RuleBasedStateMachine):
    """Two runs draw on a session; the model of a ledger is the list of what is reserved or used."""

    reserved = Bundle("reserved")

    @initialize(session=budgets, first=budgets, second=budgets)
    def start(self, session: Budget, first: Budget, second: Budget) -> None:
        parent = Ledger(session, name="session budget")
        self.ledgers = [parent, Ledger(first, parent), Ledger(second, parent)]
        self.entries: list[list[Cost]] = [[], [], []]

    @rule(
        target=reserved, run=st.sampled_from([1, 2]), batch=st.lists(costs, min_size=1, max_size=6)
    )
    def reserve(self, run: int, batch: list[Cost]) -> tuple[int, list[Cost]]:
        would = all(
            self.holds(self.ledgers[ledger].budget, [*self.entries[ledger], *batch])
            for ledger in (0, run)
        )
        try:
            self.ledgers[run].reserve_all(batch)
        except BudgetError:
            assert not would
            return run, []
        assert would
        for ledger in (0, run):
            self.entries[ledger] += batch
        return run, batch

    @rule(batch=consumes(reserved), share=st.floats(0, 1), sent=st.booleans())
    def settle(self, batch: tuple[int, list[Cost]], share: float, sent: bool) -> None:
        run, costs = batch
        for one in costs:
            used = cost(int((one.tokens - one.output) * share), int(one.output * share))
            used = used if sent else NOTHING
            self.ledgers[run].settle(one, used)
            for ledger in (0, run):
                self.entries[ledger].remove(one)
                self.entries[ledger].append(used)

    @staticmethod
    def holds(budget: Budget, entries: list[Cost]) -> bool:
        usd = sum(round((entry.usd or 0) / PICO) for entry in entries)
        return (
            (budget.calls is None or sum(entry.calls for entry in entries) <= budget.calls)
            and (budget.tokens is None or sum(entry.tokens for entry in entries) <= budget.tokens)
            and (budget.usd is None or usd <= round(budget.usd / PICO))
        )

    @invariant()
    def no_bound_is_passed(self) -> None:
        for ledger, entries in zip(self.ledgers, self.entries, strict=True):
            assert self.holds(ledger.budget, entries)
            assert ledger.spent.calls == sum(entry.calls for entry in entries)
            assert ledger.spent.tokens == sum(entry.tokens for entry in entries)


TestAccount = Account.TestCase


@given(budgets, st.lists(costs, min_size=1, max_size=30))
def test_as_many_would_fit_as_a_refusal_says(budget: Budget, batch: list[Cost]) -> None:
    ledger = Ledger(Budget(), Ledger(budget))
    assume(not fits(ledger, batch))
    told = re.search(r"; the first (?:([\d,]+) )?would fit", refusal(ledger, *batch))
    number = int((told[1] or "1").replace(",", "")) if told else 0
    assert number < len(batch)
    assert number == 0 or fits(ledger, batch[:number])
    assert not fits(ledger, batch[: number + 1])


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=30),
    st.integers(20, 400),
    st.floats(0.01, 0.99),
    st.booleans(),
)
def test_with_the_limit_on_the_output_that_a_refusal_names_all_would_fit(
    prompts: list[int], output: int, share: float, in_dollars: bool
) -> None:
    def batch(output: int) -> list[Cost]:
        return [cost(read, output) for read in prompts]

    tokens = int(share * sum(one.tokens for one in batch(output))) + 1
    ledger = Ledger(Budget(usd=tokens * 1e-6) if in_dollars else Budget(tokens=tokens))
    assume(not fits(ledger, batch(output)))
    if told := re.search(r"with max_tokens=(\d+)", refusal(ledger, *batch(output))):
        assert fits(ledger, batch(int(told[1])))
        assert not fits(ledger, batch(int(told[1]) + 1))
    else:
        assert not fits(ledger, batch(16))


def test_a_refused_batch_is_told_what_would_fit() -> None:
    ledger = Ledger(Budget(tokens=1_055_040))
    assert refusal(ledger, *[cost(300, 4096)] * 1000) == (
        "The budget is 1,055,040 tokens and 1,055,040 remain, so this batch of 1,000 calls, which "
        "may take 4,396,000 at worst, was not sent; the first 240 would fit, or all of them with "
        "max_tokens=755. What the calls of a batch don't use comes back when it ends."
    )


def test_a_limit_on_the_output_is_named_only_where_it_leaves_room_for_a_reply() -> None:
    assert refusal(Ledger(Budget(tokens=315)), cost(300, 4096)).endswith(", was not sent.")
    assert refusal(Ledger(Budget(tokens=316)), cost(300, 4096)).endswith(
        ", was not sent; it would fit with max_tokens=16."
    )


def test_a_batch_of_too_many_calls_is_told_how_many_would_fit() -> None:
    ledger = Ledger(Budget(calls=3))
    ledger.reserve(cost(1, 1))
    assert refusal(ledger, *[cost(1, 1)] * 5) == (
        "The budget is 3 model calls and 2 remain, so this batch of 5 calls was not sent; the "
        "first 2 would fit."
    )


def test_the_refusing_budget_is_named() -> None:
    session = Ledger(
        Budget(usd=5), name="session budget", setting="%config RLMMagics.session_usd sets it"
    )
    run = Ledger(Budget(usd=10), session)
    run.reserve(cost(2_000_000, 2_000_000))
    assert refusal(run, cost(1_000_000, 1_000_000)) == (
        "The session budget (%config RLMMagics.session_usd sets it) is $5 and $1.0000 remain, so "
        "this call, which may cost $2.0000 at worst, was not sent."
    )


def test_a_dollar_budget_refuses_what_has_no_price_and_says_which_option_sets_it() -> None:
    unpriced = Cost(1, 10, None, model="openai/my-model")
    assert refusal(Ledger(Budget(usd=5)), cost(1, 1), unpriced) == (
        "The budget is in dollars and the price of openai/my-model is unknown, so this batch of 2 "
        "calls was not sent; %config RLMMagics.prices = {'openai/my-model': {'input': 0.15, "
        "'output': 0.6}} (dollars a million tokens), or prices=… in RLM(…), sets it."
    )


def test_a_dollar_budget_of_the_session_needs_prices_too() -> None:
    run = Ledger(Budget(), Ledger(Budget(usd=5), name="session budget"))
    assert run.needs_worst_cases
    assert refusal(run, Cost(1, 10, None)).startswith("The session budget is in dollars and ")


def test_what_was_spent_stays_when_the_budget_changes() -> None:
    session = Ledger(Budget(usd=5))
    Ledger(Budget(), session).reserve(cost(1_000_000, 0))
    session.budget = Budget(usd=3)
    assert session.usd_left == 2
    session.budget = Budget()
    assert session.usd_left is None
    assert session.spent.usd == 1


def test_what_is_reported_above_the_worst_case_is_taken_all_the_same() -> None:
    ledger = Ledger(Budget(tokens=100))
    ledger.reserve(cost(50, 50))
    ledger.settle(cost(50, 50), Cost(1, 130, 0.1))
    assert ledger.spent.tokens == 130
    assert "and 0 remain" in refusal(ledger, cost(1, 1))


def test_without_a_price_the_worst_case_stands_for_the_dollars() -> None:
    ledger = Ledger(Budget(usd=5))
    ledger.reserve(cost(1_000_000, 0))
    ledger.settle(cost(1_000_000, 0), Cost(1, 400, None))
    assert (ledger.spent.tokens, ledger.spent.usd) == (400, 1)
