"""The limit that is sent where a budget needs one: it leaves room for what a model thinks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from rlm_magic.errors import ModelError
from rlm_magic.models.client import Client
from tests.models.lanes import on_io, spec_of
from tests.servers.recorder import Recorder

CLAUDE = "anthropic/claude-sonnet-4-5"


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with Recorder.start() as recorder:
        yield recorder


def limits(recorder: Recorder, model: str, **params: Any) -> tuple[int, int]:
    """What is set aside for the output of a call, and what is sent as its limit."""
    messages = [{"role": "user", "content": "hi"}]
    client = Client(spec_of(model, recorder, **params), bounded=True)
    recorder.answer({})
    with suppress(ModelError):  # this is no reply
        on_io(client.complete(messages))
    body = json.loads(recorder.requests()[0].body)
    return client.worst_case(messages).output, body.get("max_tokens") or body[
        "max_completion_tokens"
    ]


@pytest.mark.parametrize(
    ("model", "params", "limit"),
    [
        ("openai/gpt-4o-mini", {}, 4_096),
        (CLAUDE, {}, 4_096),
        (CLAUDE, {"reasoning_effort": "none"}, 4_096),
        (CLAUDE, {"reasoning_effort": "minimal"}, 1_024 + 4_096),
        (CLAUDE, {"reasoning_effort": "high"}, 4_096 + 4_096),
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 16_000}}, 20_096),
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 62_000}}, 64_000),
        ("openai/gpt-5", {}, 16_384),
        ("openai/o3-mini", {"reasoning_effort": "low"}, 16_384),
        ("openai/gpt-5", {"max_tokens": 700}, 700),
        (CLAUDE, {"reasoning_effort": "low", "max_tokens": 1_500}, 1_500),
    ],
    ids=str,
)
def test_the_limit_has_room_for_thoughts_and_is_what_was_set_aside(
    recorder: Recorder, model: str, params: dict[str, Any], limit: int
) -> None:
    assert limits(recorder, model, **params) == (limit, limit)
