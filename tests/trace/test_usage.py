"""What the events of a run say was used: by models, by the store, by requests without a reply."""

from __future__ import annotations

from typing import Any

import pytest

from rlm_magic.events import (
    Abandoned,
    RootFailed,
    RootReplied,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
    Tokens,
)
from rlm_magic.trace.usage import Usage, usage_by_model, usage_of

TOKENS = Tokens(input=100, cached=60, output=10)


def replied(**fields: Any) -> RootReplied:
    given = {"tokens": TOKENS, "usd": 0.5, "text": "", **fields}
    return RootReplied(run="r", step=1, seconds=1, **given)


def ended(call: int = 1, **fields: Any) -> SubCallFinished:
    return SubCallFinished(run="r", step=1, call=call, seconds=1, **fields)


def test_a_reply_of_a_model_costs_what_it_says() -> None:
    usage = usage_of([replied(), ended(reply="yes", tokens=TOKENS, usd=0.25)])
    assert usage == Usage(
        calls=2,
        input_tokens=200,
        cached_tokens=120,
        output_tokens=20,
        root_input_tokens=100,
        usd=0.75,
    )


@pytest.mark.parametrize(
    "event",
    [
        replied(cached=True, usd=None),
        ended(reply="yes", cached=True, tokens=TOKENS, usd=None),
    ],
)
def test_a_reply_from_the_store_costs_nothing(event: RootReplied | SubCallFinished) -> None:
    assert usage_of([event]) == Usage(cached_calls=1)


def test_calls_without_a_reply_are_told_apart() -> None:
    failed = RootFailed(run="r", step=1, error="no", fault="bad_key", seconds=1)
    usage = usage_of([failed, ended(error="no", fault="server"), ended(cancelled=True)])
    assert (usage.calls, usage.failed_calls, usage.cancelled_calls) == (0, 2, 1)
    assert usage.usd == 0


def test_requests_that_were_sent_again_are_counted_however_the_call_ended() -> None:
    failed = RootFailed(run="r", step=1, error="no", fault="reset", retries=5, seconds=1)
    events = [replied(retries=2), failed, ended(error="no", retries=3), ended(reply="", retries=1)]
    assert usage_of(events).retried_calls == 11


def test_what_was_given_up_is_counted_at_its_worst_beside_the_rest() -> None:
    at_worst = Abandoned(requests=1, tokens=900, usd=0.25)
    events = [
        ended(reply="a", usd=0.5, hedged=True, abandoned=at_worst),
        replied(abandoned=at_worst),
    ]
    usage = usage_of(events)
    assert usage.abandoned == Abandoned(requests=2, tokens=1_800, usd=0.5)
    assert (usage.usd, usage.tokens, usage.hedged_calls) == (1.0, 110, 1)


def test_the_price_of_what_was_given_up_may_be_unknown_alone() -> None:
    usage = usage_of([ended(cancelled=True, abandoned=Abandoned(requests=1, tokens=9, usd=None))])
    assert usage.abandoned.usd is None
    assert usage.usd == 0


def test_usage_is_told_by_model() -> None:
    start = {"depth": 0, "max_depth": 1, "description": "", "version": "1"}
    by_model = usage_by_model(
        [
            RunStarted(run="r", question="q", model="big", sub_model="small", **start),
            replied(retries=1),
            SubCallStarted(run="r", step=1, call=1, model="small", prompt="p"),
            ended(reply="a", cached=True),
            SubCallStarted(run="r", step=1, call=2, model="big", prompt="p"),
            ended(2, error="no"),
        ]
    )
    assert by_model["big"] == usage_of([replied(retries=1), ended(error="no")])
    assert by_model["small"] == Usage(cached_calls=1)


def test_usages_add_up() -> None:
    one = usage_of([replied(retries=1, abandoned=Abandoned(requests=1, tokens=9, usd=None))])
    other = usage_of([ended(reply="a", hedged=True, usd=None), replied(cached=True)])
    assert one + other == usage_of(
        [
            replied(retries=1, abandoned=Abandoned(requests=1, tokens=9, usd=None)),
            ended(reply="a", hedged=True, usd=None),
            replied(cached=True),
        ]
    )
