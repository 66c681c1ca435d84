"""`llm_query` and `llm_query_batched`, as generated code calls them."""

from __future__ import annotations

import asyncio
import re

import pytest

from rlm_magic.events import BatchStarted, SubCallFinished, SubCallStarted
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI


def test_a_sub_model_sees_the_prompt_and_nothing_else(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('what is it?'))")])
    server.rule("what is it?", "a thing")
    result = engine(server).completion("the question", "the context")
    assert result.answer == "a thing"
    [request] = server.sub_requests()
    assert request.messages == [{"role": "user", "content": "what is it?"}]


async def test_a_batch_keeps_its_order_whatever_is_answered_first(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['late', 'b', 'c']))")])
    server.rule("late", "first asked", hold="gate")
    running = asyncio.create_task(engine(server).acompletion("q"))
    await server.async_wait_for(held=1, finished=3)
    server.open("gate")
    assert (await running).answer == ["first asked", "echo: b", "echo: c"]


async def test_no_more_calls_than_concurrency_are_in_flight(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(len(llm_query_batched([f'p{i}' for i in range(12)])))")])
    server.rule(re.compile(r"p\d"), "ok", hold="gate")
    running = asyncio.create_task(engine(server, concurrency=3).acompletion("q"))
    await server.async_wait_for(held=3)
    server.open("gate")
    assert (await running).answer == 12
    assert server.counts()["max_in_flight"] == 3


async def test_child_runs_share_the_cap(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(rlm_query_batched(['x', 'y', 'z']))")], model="scripted")
    server.script([repl("FINAL(len(llm_query_batched(list('abcd'))))")] * 3, model="child")
    server.rule(re.compile(r"^[abcd]$"), "ok", hold="gate")
    rlm = engine(server, sub_model="openai/child", max_depth=2, concurrency=2)
    running = asyncio.create_task(rlm.acompletion("q"))
    await server.async_wait_for(held=2)
    server.open("gate")
    assert (await running).answer == [4, 4, 4]
    assert server.counts()["max_in_flight"] == 2


def test_a_pool_of_threads_can_map_over_llm_query(server: FakeOpenAI) -> None:
    code = """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(llm_query, [f"chunk {i}" for i in range(40)]))
    FINAL(replies)
    """
    server.script([repl(code)])
    result = engine(server, concurrency=4).completion("q")
    assert result.answer == [f"echo: chunk {i}" for i in range(40)]


def test_bare_threads_can_call_the_helpers(server: FakeOpenAI) -> None:
    code = """
    import threading
    replies = {}
    def work(i):
        replies[i] = llm_query(f"one {i}"), llm_query_batched([f"two {i}"])
    threads = [threading.Thread(target=work, args=[i]) for i in range(10)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    FINAL(replies)
    """
    server.script([repl(code)])
    result = engine(server).completion("q")
    assert result.answer == {i: (f"echo: one {i}", [f"echo: two {i}"]) for i in range(10)}


def test_a_function_given_to_asyncio_to_thread_can_call_them(server: FakeOpenAI) -> None:
    server.script([repl("import asyncio\nFINAL(await asyncio.to_thread(llm_query, 'hi'))")])
    assert engine(server).completion("q").answer == "echo: hi"


def test_a_task_of_generated_code_can_call_them(server: FakeOpenAI) -> None:
    code = """
    import asyncio
    async def ask(prompt):
        return llm_query(prompt)
    FINAL(await asyncio.gather(*(ask(p) for p in "abc")))
    """
    server.script([repl(code)])
    assert engine(server).completion("q").answer == ["echo: a", "echo: b", "echo: c"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("llm_query_batched('one text')", "takes a list of prompts, not one str"),
        ("llm_query_batched(b'bytes')", "takes a list of prompts, not one bytes"),
        ("llm_query_batched({'a': 1})", "takes a list of prompts, not one dict"),
        ("llm_query_batched(5)", "takes a list of prompts, not one int"),
        ("llm_query_batched(['a', 5])", "prompt 1 is of type int"),
        ("llm_query_batched(['a', None])", "prompt 1 is of type NoneType"),
        ("llm_query(['a'])", "takes one text, a str, not list"),
        ("llm_query(None)", "takes one text, a str, not NoneType"),
        ("rlm_query(['a'])", "takes one text, a str, not list"),
        ("rlm_query_batched('one text')", "takes a list of prompts, not one str"),
    ],
)
def test_a_wrong_type_is_refused_and_nothing_sent(server: FakeOpenAI, call: str, told: str) -> None:
    server.script([repl(call), repl("FINAL('done')")])
    result = engine(server).completion("q")
    observed = server.root_requests()[1].prompt
    assert "raised an exception" in observed
    assert "TypeError" in observed
    assert told in observed
    assert server.sub_requests() == []
    assert result.answer == "done"


def test_an_empty_batch_is_an_empty_list_and_no_call(server: FakeOpenAI) -> None:
    server.script([repl("FINAL([llm_query_batched([]), rlm_query_batched([])])")])
    assert engine(server).completion("q").answer == [[], []]
    assert server.sub_requests() == []


def test_any_iterable_of_prompts_is_a_batch(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(f'p{i}' for i in range(2)))")])
    assert engine(server).completion("q").answer == ["echo: p0", "echo: p1"]


def test_model_chooses_among_the_models_of_the_run(server: FakeOpenAI) -> None:
    code = "FINAL([llm_query('a'), llm_query('b', model='openai/scripted')])"
    server.script([repl(code)])
    engine(server, sub_model="openai/small").completion("q")
    assert [request.model for request in server.sub_requests()] == ["small", "scripted"]


@pytest.mark.parametrize(
    "call",
    [
        "llm_query('a', model='openai/gpt-5')",
        "llm_query_batched(['a'], model='openai/gpt-5')",
        "rlm_query('a', model='openai/gpt-5')",
        "rlm_query_batched(['a'], model='openai/gpt-5')",
    ],
)
def test_another_model_is_refused_and_the_choices_named(server: FakeOpenAI, call: str) -> None:
    server.script([repl(call), repl("FINAL('done')")])
    engine(server, sub_model="openai/small").completion("q")
    observed = server.root_requests()[1].prompt
    assert "openai/gpt-5" in observed
    assert "openai/small, openai/scripted" in observed
    assert server.sub_requests() == []


def test_a_failed_call_is_marked_in_its_slot_and_the_others_are_intact(
    server: FakeOpenAI,
) -> None:
    server.script([repl("FINAL(llm_query_batched(['a', 'bad', 'c']))")])
    server.rule("bad", "out of order", status=500)
    result = engine(server, retries=0).completion("q")
    assert result.answer[0] == "echo: a"
    assert result.answer[1].startswith("[call failed] ")
    assert "out of order" in result.answer[1]
    assert result.answer[2] == "echo: c"
    assert result.status == "answered"
    assert (result.usage.calls, result.usage.failed_calls) == (3, 1)


def test_a_failed_single_call_is_marked_too(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('bad'))")])
    server.rule("bad", status=500)
    assert engine(server, retries=0).completion("q").answer.startswith("[call failed] ")


def test_without_retries_a_failed_call_is_sent_once(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query_batched(['bad', 'worse']))")])
    server.rule("bad", status=500)
    server.rule("worse", status=429)
    engine(server, retries=0).completion("q")
    assert len(server.sub_requests()) == 2


def test_a_reply_that_says_final_finishes_nothing(server: FakeOpenAI) -> None:
    server.script([repl("print(llm_query('a'))"), repl("FINAL('mine')")])
    server.rule("a", "FINAL('yours')")
    assert engine(server).completion("q").answer == "mine"


def test_the_trace_tells_each_call_and_its_batch(server: FakeOpenAI) -> None:
    server.script([repl("llm_query_batched(['a', 'b'])\nFINAL(llm_query('c'))")])
    result = engine(server).completion("q")
    assert [(b.calls, b.children) for b in of(result, BatchStarted)] == [(2, False)]
    started = of(result, SubCallStarted)
    assert [(call.prompt, call.batch) for call in started] == [("a", 1), ("b", 1), ("c", None)]
    assert sorted(call.call for call in of(result, SubCallFinished)) == [1, 2, 3]
    assert {call.call: call.reply for call in of(result, SubCallFinished)}[3] == "echo: c"
