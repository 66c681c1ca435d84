"""Batches of sub-calls: what is asked once, what comes when, and what reaches the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from rlm_magic.events import BatchStarted, Event, SubCallFinished, SubCallStarted
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

REPEATED = "FINAL(llm_query_batched(['a', 'b', 'a', 'a', 'c', 'b']OPTIONS))"
ROLES = {
    "cheap": "openai/cheap",
    "sharp": {"model": "openai/sharp", "about": "slow and exact", "temperature": 0.5},
}


def collector(wanted: int) -> tuple[Callable[[Event], None], asyncio.Event]:
    """An `on_event`, and what is set when so many sub-calls have finished."""
    loop, reached, seen = asyncio.get_running_loop(), asyncio.Event(), []

    def on_event(event: Event) -> None:
        if isinstance(event, SubCallFinished):
            seen.append(event)
            if len(seen) == wanted:
                loop.call_soon_threadsafe(reached.set)

    return on_event, reached


def test_equal_prompts_are_asked_once_and_fill_all_their_slots(server: FakeOpenAI) -> None:
    server.script([repl(REPEATED.replace("OPTIONS", ""))])
    server.rule(reply="{prompt}, use {n}")
    result = engine(server, concurrency=1).completion("q")
    assert result.answer == ["a, use 1", "b, use 2", "a, use 1", "a, use 1", "c, use 3", "b, use 2"]
    assert sorted(request.prompt for request in server.sub_requests()) == ["a", "b", "c"]
    assert [(it.calls, it.repeats) for it in of(result, BatchStarted)] == [(3, 3)]
    assert [it.prompt for it in of(result, SubCallStarted)] == ["a", "b", "c"]
    assert result.usage.calls == 4


def test_without_dedupe_each_is_asked(server: FakeOpenAI) -> None:
    server.script([repl(REPEATED.replace("OPTIONS", ", dedupe=False"))])
    server.rule(reply="use {n}")
    result = engine(server).completion("q")
    assert sorted(result.answer) == [f"use {n}" for n in range(1, 7)]
    assert [(it.calls, it.repeats) for it in of(result, BatchStarted)] == [(6, 0)]


def test_equal_prompts_that_are_each_asked_have_entries_of_their_own(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    code = repl("FINAL(llm_query_batched(['a'] * COUNT, dedupe=False))")
    server.rule(reply="use {n}")
    rlm = engine(server, cache="on", store=tmp_path / "store.db", concurrency=1)

    def answers(count: int) -> list[str]:
        server.script([code.replace("COUNT", str(count))] * 1)
        return list(rlm.completion(f"{count}?").answer)

    assert answers(3) == ["use 1", "use 2", "use 3"]
    assert answers(5) == ["use 1", "use 2", "use 3", "use 4", "use 5"]
    assert answers(2) == ["use 1", "use 2"]
    assert len(server.sub_requests()) == 5


def test_prompts_with_other_images_or_in_other_batches_are_other_requests(
    server: FakeOpenAI,
) -> None:
    code = """
    urls = ["https://example.org/a.png", "https://example.org/b.png"]
    both = llm_query_batched(["see"] * 4, images=[urls[0], urls[1], urls[0], None])
    FINAL(both + llm_query_batched(["see"]))
    """
    server.script([repl(code)])
    server.rule(reply="use {n}")
    result = engine(server, concurrency=1).completion("q")
    assert result.answer == ["use 1", "use 2", "use 1", "use 3", "use 4"]
    assert [(it.calls, it.repeats) for it in of(result, BatchStarted)] == [(3, 1), (1, 0)]


@pytest.mark.parametrize(
    "prompts",
    [
        "(f'{i}' for i in range(3))",
        "{'0': 1, '1': 2, '2': 3}.keys()",
        "map(str, range(3))",
        "__import__('pandas').Series(['0', '1', '2'])",
        "__import__('numpy').array(['0', '1', '2'])",
    ],
)
def test_what_can_be_iterated_is_a_batch(server: FakeOpenAI, prompts: str) -> None:
    server.script([repl(f"FINAL(llm_query_batched({prompts}))")])
    assert engine(server).completion("q").answer == [f"echo: {i}" for i in range(3)]


async def test_replies_are_told_while_others_are_still_awaited(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['slow', 'b', 'c', 'd']))")])
    server.rule("slow", "at last", hold="gate")
    on_event, reached = collector(3)
    running = asyncio.create_task(engine(server, on_event=on_event).acompletion("q"))
    await asyncio.wait_for(reached.wait(), 10)
    assert server.counts()["held"] == 1
    server.open("gate")
    assert (await running).answer == ["at last", "echo: b", "echo: c", "echo: d"]


def test_a_reply_that_ends_at_its_limit_of_tokens_says_so(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['long', 'short']))")])
    server.rule("long", "and so", finish_reason="length")
    result = engine(server).completion("q")
    assert {it.reply: it.cut_off for it in of(result, SubCallFinished)} == {
        "and so": True,
        "echo: short": False,
    }


@pytest.mark.parametrize("call", ["llm_query('a', CHOSEN)", "llm_query_batched(['a'], CHOSEN)[0]"])
def test_parameters_of_a_call_reach_the_model_and_stand_in_the_trace(
    server: FakeOpenAI, call: str
) -> None:
    chosen = call.replace("CHOSEN", "temperature=0.25, max_tokens=7, stop=['\\n']")
    server.script([repl(f"x = {chosen}\nFINAL([x, {call.replace('CHOSEN', '')}])")])
    rlm = engine(server, model_options={"temperature": 1, "top_p": 0.5})
    result = rlm.completion("q")
    with_own, without = [request.body for request in server.sub_requests()]
    assert (with_own["temperature"], with_own["max_tokens"]) == (0.25, 7)
    assert (with_own["stop"], with_own["top_p"]) == (["\n"], 0.5)
    assert (without["temperature"], "max_tokens" in without) == (1, False)
    assert [it.parameters for it in of(result, SubCallStarted)] == [
        {"temperature": 0.25, "max_tokens": 7, "stop": ["\n"]},
        {},
    ]


def test_a_role_is_asked_with_what_was_configured_for_it(server: FakeOpenAI) -> None:
    code = """
    one = llm_query("a", model="cheap")
    more = llm_query_batched(["b", "c"], model="sharp", max_tokens=9)
    FINAL([one, *more, llm_query("d")])
    """
    server.script([repl(code)])
    result = engine(server, models=ROLES).completion("q")
    assert result.answer == ["echo: a", "echo: b", "echo: c", "echo: d"]
    asked = {request.prompt: request for request in server.sub_requests()}
    assert {prompt: request.model for prompt, request in asked.items()} == {
        "a": "cheap",
        "b": "sharp",
        "c": "sharp",
        "d": "scripted",
    }
    assert (asked["b"].body["temperature"], asked["b"].body["max_tokens"]) == (0.5, 9)
    assert "temperature" not in asked["a"].body
    started = {it.prompt: it.model for it in of(result, SubCallStarted)}
    assert started["a"] == "openai/cheap"
    told = str(server.root_requests()[0].messages)
    assert "cheap" in told
    assert "slow and exact" in told
