"""The store of replies in a run: what is paid for once, asked anew, or replayed."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import Budget, Result
from rlm_magic.events import Notice, RootReplied, RunStarted, SubCallFinished
from tests.engine import Program, engine, of, repl
from tests.servers.client import FakeOpenAI

ASK = repl("FINAL(llm_query_batched([f'p{i}' for i in range(20)]))")
ANSWER = [f"about p{i}" for i in range(20)]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def ask(server: FakeOpenAI, store: Path, cache: str = "on", **options: Any) -> Result:
    return engine(server, cache=cache, store=store, **options).completion("q")


def script(server: FakeOpenAI, code: str = ASK) -> None:
    server.script([code])
    server.rule("p", "about {prompt}")


# Which mode does what


def test_a_run_is_not_paid_for_twice(server: FakeOpenAI, store: Path) -> None:
    script(server)
    prices = {"openai/scripted": {"input": 1, "output": 4}}
    first = ask(server, store, prices=prices)
    again = ask(server, store, prices=prices)
    assert first.answer == again.answer == ANSWER
    assert len(server.requests()) == 21
    assert [(it.cached, it.usd) for it in of(again, RootReplied)] == [(True, 0.0)]
    assert {(it.cached, it.usd) for it in of(again, SubCallFinished)} == {(True, 0.0)}
    assert [it.key for it in of(first, SubCallFinished)] != [None] * 20
    usage = again.usage
    assert (usage.calls, usage.cached_calls, usage.tokens, usage.usd) == (0, 21, 0, 0.0)
    assert (first.usage.usd or 0) > 0
    assert of(again, RunStarted)[0].cache == "on"


def test_replies_of_the_store_cost_nothing_of_a_budget(server: FakeOpenAI, store: Path) -> None:
    script(server)
    ask(server, store)
    assert ask(server, store, budget=Budget(calls=1, tokens=1)).answer == ANSWER


def test_without_it_each_run_asks(server: FakeOpenAI, store: Path) -> None:
    for _ in range(2):
        script(server)
        ask(server, store, "off")
    assert len(server.requests()) == 42
    assert not store.exists()


def test_refreshing_asks_all_and_keeps_the_new_replies(server: FakeOpenAI, store: Path) -> None:
    code = repl("FINAL(llm_query('p'))")
    for use in range(2):
        server.script([code])
        server.rule("p", f"reply {use}", times=1)
        assert ask(server, store, "refresh").answer == f"reply {use}"
    assert ask(server, store).answer == "reply 1"
    assert len(server.requests()) == 4


@pytest.mark.parametrize(
    "change", ["temperature=0", "model='openai/other'", "images='https://example.org/a.png'"]
)
def test_another_request_is_asked(server: FakeOpenAI, store: Path, change: str) -> None:
    server.rule(reply="use {n}")
    code = f"FINAL([llm_query('p'), llm_query('p', {change}), llm_query('p')])"
    server.script([repl(code)])
    result = ask(server, store, models={"other": "openai/other"})
    assert result.answer == ["use 1", "use 2", "use 1"]


def test_a_call_that_failed_is_asked_again(server: FakeOpenAI, store: Path) -> None:
    server.script([repl("FINAL(llm_query('p'))")])
    server.rule("p", status=400, times=1)
    server.rule("p", "about {prompt}")
    assert ask(server, store).answer.startswith("[call failed]")
    assert ask(server, store).answer == "about p"


def test_child_runs_are_kept_too(server: FakeOpenAI, store: Path) -> None:
    server.script([repl("FINAL(rlm_query_batched(['x', 'y'], ['one', 'two']))")], model="scripted")
    server.script([repl("FINAL(llm_query(f'p {context}'))")] * 2, model="child")
    server.rule("p", "about {prompt}")
    options = {"sub_model": "openai/child", "max_depth": 2}
    first = ask(server, store, **options)
    assert first.answer == ["about p one", "about p two"]
    paid = len(server.requests())
    for mode in ("on", "replay"):
        again = ask(server, store, mode, **options)
        assert again.answer == first.answer
        assert again.usage.cached_calls == paid
    assert len(server.requests()) == paid


# Equal requests of one run

TWICE = repl("FINAL([llm_query('p'), llm_query('p')])")
AT_ONCE = repl("""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    one, two = [pool.submit(llm_query, 'p') for _ in range(2)]
    llm_query('open')
    FINAL([one.result(), two.result()])
""")


@pytest.mark.parametrize("mode", ["on", "refresh"])
@pytest.mark.parametrize("code", [TWICE, AT_ONCE], ids=["in turn", "at once"])
def test_equal_requests_of_a_run_are_paid_once_and_replayed(
    server: FakeOpenAI, store: Path, code: str, mode: str
) -> None:
    server.script([code])
    server.rule("p", "reply {n}", delay=0.05)
    first = ask(server, store, mode)
    [reply] = set(first.answer)
    equal = [it for it in of(first, SubCallFinished) if it.reply == reply]
    assert sorted(it.cached for it in equal) == [False, True]
    assert first.usage.failed_calls == first.usage.cancelled_calls == 0
    assert server.charged()["p"] == 1
    assert ask(server, store, "replay").answer == first.answer


def test_when_the_first_of_equal_requests_fails_the_next_is_sent(
    server: FakeOpenAI, store: Path
) -> None:
    server.script([AT_ONCE])
    server.rule("p", status=400, times=1, delay=0.05)
    server.rule("p", "reply")
    failed, reply = sorted(ask(server, store).answer)
    assert failed.startswith("[call failed]")
    assert reply == "reply"


def test_a_reply_of_an_equal_request_costs_nothing_of_the_budget(
    server: FakeOpenAI, store: Path
) -> None:
    server.script([AT_ONCE.replace("FINAL", "print"), repl("FINAL(llm_query('p'))")])
    server.rule("p", "reply", delay=0.05)
    result = ask(server, store, "refresh", budget=Budget(calls=5))
    assert result.status == "answered", result.error
    assert len(server.requests()) == 4


def test_equal_child_runs_share_their_replies(server: FakeOpenAI, store: Path) -> None:
    server.script([repl("FINAL(rlm_query_batched(['x', 'x']))")], model="scripted")
    server.script([repl("FINAL(1)"), repl("FINAL(2)")], model="child")
    options = {"sub_model": "openai/child", "max_depth": 2}
    first = ask(server, store, "refresh", **options)
    assert first.answer == [1, 1]
    assert sorted(it.cached for it in of(first, RootReplied)) == [False, False, True]
    assert ask(server, store, "replay", **options).answer == [1, 1]


# A run that was cut off

PROGRAM = """
def tell(event):
    if event.type == "sub_call_finished" and event.reply is not None:
        print(event.call)

try:
    print(engine(cache="on", store=STORE, trace=TRACE, on_event=tell).completion("q").answer)
except RunInterrupted:
    print("interrupted")
"""


def answered(trace: Path) -> set[str]:
    """The prompts whose replies the trace holds."""
    events = [json.loads(line) for line in trace.read_bytes().splitlines() if line.endswith(b"}")]
    prompts = {it["call"]: it["prompt"] for it in events if it["type"] == "sub_call_started"}
    return {
        prompts[it["call"]]
        for it in events
        if it["type"] == "sub_call_finished" and it["reply"] is not None
    }


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupt", "kill"])
def test_a_run_that_was_cut_off_pays_only_for_what_is_missing(
    server: FakeOpenAI, store: Path, tmp_path: Path, end: signal.Signals
) -> None:
    server.script([ASK])
    server.rule(re.compile(r"p\d$"), "about {prompt}")
    server.rule("p", "about {prompt}", hold="gate")
    trace = tmp_path / "trace.jsonl"
    source = PROGRAM.replace("STORE", repr(str(store))).replace("TRACE", repr(str(trace)))
    with Program(source, server) as program:
        assert sorted(int(program.line()) for _ in range(10)) == list(range(1, 11))
        server.wait_for(held=10)
        program.process.send_signal(end)
        program.end()
    server.wait_for(aborted=10, idle=True)
    had = {f"p{i}" for i in range(10)}
    assert answered(trace) <= had
    first = len(server.requests())

    server.open("gate")
    result = ask(server, store)
    assert result.answer == ANSWER
    second = [request.prompt for request in server.requests()[first:]]
    assert sorted(second) == sorted({f"p{i}" for i in range(20)} - had)
    assert server.charged() == {f"p{i}": 1 for i in range(20)}


def test_killed_in_full_flow_what_the_trace_calls_answered_is_not_paid_again(
    server: FakeOpenAI, store: Path, tmp_path: Path
) -> None:
    count = 400
    server.script([repl(f"FINAL(len(llm_query_batched([f'p{{i}}' for i in range({count})])))")])
    server.rule("p", "about {prompt}", delay=0.05)
    trace = tmp_path / "trace.jsonl"
    source = PROGRAM.replace("STORE", repr(str(store))).replace("TRACE", repr(str(trace)))
    with Program(source, server) as program:
        for _ in range(100):
            program.line()
        program.process.kill()
        program.process.wait()
    server.wait_for(idle=True)
    had, first = answered(trace), len(server.requests())
    assert 100 <= len(had) < count

    assert ask(server, store).answer == count
    again = {request.prompt for request in server.requests()[first:]}
    assert again.isdisjoint(had)
    assert again | had | set(server.charged()) == {f"p{i}" for i in range(count)}
    # Replies may have been on their way when the process ended: as many as were in flight.
    twice = [prompt for prompt, times in server.charged().items() if times > 1]
    assert len(twice) <= 64


# Replay


def test_a_run_is_replayed_without_a_server(server: FakeOpenAI, store: Path) -> None:
    script(server, repl("print(llm_query('p0'))"))
    server.script([ASK])
    recorded = ask(server, store)
    nobody = engine(server, api_base="http://127.0.0.1:9/v1", cache="replay", store=store)
    replayed = nobody.completion("q")
    assert replayed.answer == recorded.answer == ANSWER
    assert Counter(it.type for it in replayed.events) == Counter(it.type for it in recorded.events)
    assert replayed.usage.calls == 0
    assert len(server.requests()) == 22


def test_a_replay_that_leaves_the_recording_at_the_root_says_where_and_how(
    server: FakeOpenAI, store: Path
) -> None:
    script(server)
    engine(server, cache="on", store=store).completion("How warm is it?")
    result = engine(server, cache="replay", store=store).completion("How cold is it?")
    assert (result.status, result.answer) == ("failed", None)
    assert re.fullmatch(
        r"The store holds no reply to the root request of step 1: message 2 \(user\), line \d+, "
        r"character \d+: recorded was .*warm is it.*, now it is .*cold is it.* To ask for what "
        r"isn't recorded, set cache to 'on' \(in a cell: --cache on\)\.",
        result.error or "",
    ), result.error
    assert len(server.requests()) == 21


CAUGHT = """
import os
try:
    reply = CALL
except Exception as error:
    reply = "went on"
FINAL(reply)
"""


@pytest.mark.parametrize(
    "call",
    [
        "llm_query('look at ' + os.environ['TOPIC'])",
        "llm_query_batched(['same', 'look at ' + os.environ['TOPIC']])",
        "list(__import__('concurrent.futures').futures.ThreadPoolExecutor(2)"
        ".map(llm_query, ['look at ' + os.environ['TOPIC']]))",
    ],
    ids=["single", "batch", "thread"],
)
@pytest.mark.parametrize("caught", [False, True])
def test_a_replay_that_leaves_the_recording_in_a_sub_call_ends_with_a_sentence(
    server: FakeOpenAI, store: Path, monkeypatch: pytest.MonkeyPatch, caught: bool, call: str
) -> None:
    code = CAUGHT.replace("CALL", call) if caught else f"import os\nFINAL({call})"
    server.script([repl(code)])
    monkeypatch.setenv("TOPIC", "the sun")
    assert ask(server, store).status == "answered"
    paid = len(server.requests())
    assert ask(server, store, "replay").status == "answered"

    monkeypatch.setenv("TOPIC", "the moon")
    result = ask(server, store, "replay")
    assert (result.status, result.answer) == ("failed", None)
    assert result.error == (
        "The store holds no reply to a sub-call of step 1: line 1, character 13: recorded was "
        "'look at the sun', now it is 'look at the moon'. To ask for what isn't recorded, set "
        "cache to 'on' (in a cell: --cache on)."
    )
    assert len(server.requests()) == paid


def test_a_replay_that_leaves_the_recording_in_a_child_run_ends_too(
    server: FakeOpenAI, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script([repl("FINAL(rlm_query('x', 'one'))")], model="scripted")
    code = "import os\nFINAL(llm_query('look at ' + os.environ['TOPIC']))"
    server.script([repl(code)], model="child")
    options = {"sub_model": "openai/child", "max_depth": 2}
    monkeypatch.setenv("TOPIC", "the sun")
    ask(server, store, **options)
    monkeypatch.setenv("TOPIC", "the moon")
    result = ask(server, store, "replay", **options)
    assert (result.status, result.answer) == ("failed", None)
    assert "now it is 'look at the moon'" in (result.error or "")
    assert len(server.requests()) == 3


def test_a_replay_with_an_empty_store_says_so(server: FakeOpenAI, store: Path) -> None:
    result = ask(server, store, "replay")
    assert result.status == "failed"
    assert result.error == (
        "The store holds no reply to the root request of step 1, nor any other of "
        "openai/scripted. To ask for what isn't recorded, set cache to 'on' (in a cell: --cache "
        "on)."
    )


# A store that breaks, and one that is shared

BREAK = """
import os, pathlib
for name in STORE, STORE + "-wal", STORE + "-shm":
    pathlib.Path(name).unlink(missing_ok=True)
"""


def test_a_store_that_breaks_loses_no_reply_and_is_told_once(
    server: FakeOpenAI, store: Path
) -> None:
    code = BREAK + "pathlib.Path(STORE).mkdir()\n" + ASK[8:-4]
    script(server, repl(code.replace("STORE", repr(str(store)))))
    result = ask(server, store)
    assert (result.status, result.answer) == ("answered", ANSWER)
    [notice] = of(result, Notice)
    assert notice.text.startswith("The store of replies can't be used any more: ")
    assert str(store) in notice.text


def test_a_store_that_breaks_while_replies_come_loses_none_and_is_told_once(
    server: FakeOpenAI, store: Path
) -> None:
    server.script([ASK])
    server.rule("p", "about {prompt}", hold="gate")

    def break_it() -> None:
        for path in store.parent.glob("store.db*"):
            path.unlink()
        store.mkdir()

    async def run() -> Result:
        running = asyncio.create_task(engine(server, cache="on", store=store).acompletion("q"))
        await server.async_wait_for(held=20)
        await asyncio.to_thread(break_it)
        server.open("gate")
        return await running

    result = asyncio.run(run())
    assert (result.status, result.answer) == ("answered", ANSWER)
    assert len(of(result, Notice)) == 1


def test_a_store_that_was_deleted_begins_anew(server: FakeOpenAI, store: Path) -> None:
    script(server, repl((BREAK + ASK[8:-4]).replace("STORE", repr(str(store)))))
    result = ask(server, store)
    assert (result.answer, of(result, Notice)) == (ANSWER, [])
    assert store.is_file()


def test_processes_share_a_store(server: FakeOpenAI, store: Path) -> None:
    source = """
rlm = RLM(f"openai/{NAME}", sub_model="openai/sub", api_base=sys.argv[1], api_key="test",
          cache="on", store=STORE)
print(rlm.completion("q").answer == [f"about p{i}" for i in range(START, START + 150)])
"""
    server.rule("p", "about {prompt}", delay=0.02)
    ask_for = "FINAL(llm_query_batched([f'p{{i}}' for i in range({}, {})]))"

    def program(name: str, start: int) -> Program:
        server.script([repl(ask_for.format(start, start + 150))], model=name)
        text = source.replace("{NAME}", name).replace("START", str(start))
        return Program(text.replace("STORE", repr(str(store))), server)

    with program("one", 0) as one, program("two", 100) as two:
        for done in (one.end(timeout=90), two.end(timeout=90)):
            assert (done.out, done.err) == ("True\n", "")
    paid = len(server.sub_requests())
    assert 250 <= paid <= 300
    server.script([repl(ask_for.format(0, 250))], model="three")
    result = ask(server, store, model="openai/three", sub_model="openai/sub")
    assert result.answer == [f"about p{i}" for i in range(250)]
    assert len(server.sub_requests()) == paid
