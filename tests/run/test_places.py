"""Where a completion can be called from: a script, threads, a running event loop, another run."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rlm_magic import RunInterrupted
from rlm_magic.events import CodeExecuted
from tests.engine import engine, of, repl, run_program
from tests.servers.client import FakeOpenAI

ASK = "x = llm_query('hi')\nprint(x)\nFINAL(x)"


def test_in_a_script(server: FakeOpenAI) -> None:
    server.script([repl(ASK)])
    done = run_program("print(engine().completion('q').answer)", server)
    assert (done.code, done.out, done.err) == (0, "echo: hi\n", "")


def test_generated_code_runs_on_the_calling_thread(server: FakeOpenAI) -> None:
    code = "import threading\nllm_query('hi')\nFINAL(threading.get_ident())"
    server.script([repl(code)] * 2)
    assert engine(server).completion("q").answer == threading.get_ident()
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(threading.get_ident).result()
        assert pool.submit(engine(server).completion, "q").result().answer == there


async def test_in_a_running_event_loop_whose_tasks_go_on_afterwards(server: FakeOpenAI) -> None:
    async def ticking() -> None:
        while True:
            ticks.append(1)
            await asyncio.sleep(0)

    ticks: list[int] = []
    task = asyncio.create_task(ticking())
    await asyncio.sleep(0)
    this_task, this_loop = asyncio.current_task(), asyncio.get_running_loop()
    server.script([repl(ASK), repl("import asyncio\nawait asyncio.sleep(0)\nFINAL(2)")])
    before = len(ticks)
    assert engine(server).completion("q").answer == "echo: hi"
    assert engine(server).completion("q").answer == 2
    assert len(ticks) == before
    assert asyncio.current_task() is this_task
    assert asyncio.get_running_loop() is this_loop
    await asyncio.sleep(0)
    assert len(ticks) > before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_in_a_callback_of_a_running_event_loop(server: FakeOpenAI) -> None:
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    server.script([repl(ASK)])
    loop.call_soon(lambda: answered.set_result(engine(server).completion("q").answer))
    assert await answered == "echo: hi"


def test_the_event_loop_of_the_thread_stays_set(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        engine(server).completion("q")
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def test_several_completions_run_at_once_in_one_loop(server: FakeOpenAI) -> None:
    server.rule("hi", "hello", hold="gate")
    server.script([repl("print(context)\n" + ASK)] * 3)
    runs = [asyncio.create_task(engine(server).acompletion("q", f"c{i}")) for i in range(3)]
    await server.async_wait_for(held=3)
    server.open("gate")
    results = await asyncio.gather(*runs)
    for i, result in enumerate(results):
        assert [e.output for e in of(result, CodeExecuted)] == [f"c{i}\nhello\n"]
    assert len({result.trace for result in results}) == 3


def test_outputs_of_several_threads_do_not_mix(
    server: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "for i in range(20):\n    print(context, llm_query(context))\nFINAL(context)"
    server.script([repl(code)] * 4)

    def work(name: str) -> list[str]:
        result = engine(server).completion("q", name)
        assert result.answer == name
        return [event.output for event in of(result, CodeExecuted)]

    with ThreadPoolExecutor(4) as pool:
        for name, outputs in zip("abcd", pool.map(work, "abcd"), strict=True):
            assert outputs == [f"{name} echo: {name}\n" * 20]
    assert capsys.readouterr().out == ""


async def test_the_person_can_print_while_a_run_waits(server: FakeOpenAI) -> None:
    server.script([repl(ASK)])
    server.rule("hi", "hello", hold="gate")
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        running = asyncio.create_task(engine(server).acompletion("q"))
        await server.async_wait_for(held=1)
        print("mine")
        server.open("gate")
        result = await running
    assert shown.getvalue() == "mine\n"
    assert of(result, CodeExecuted)[0].output == "hello\n"


def test_generated_code_can_call_a_completion(server: FakeOpenAI) -> None:
    namespace: dict[str, Any] = {"inner": engine(server, "openai/inner")}
    server.script(
        [repl("print('out')\nr = inner.completion('q2', 5)\nprint('again')\nFINAL(r.answer + 1)")],
        model="scripted",
    )
    inner = "print('in')\nllm_query('hi')\nFINAL(context)"
    server.script([repl(inner)], model="inner")
    result = engine(server).completion("q", namespace=namespace)
    assert result.answer == 6
    assert [e.output for e in of(result, CodeExecuted)] == ["out\nagain\n"]


def test_generated_code_can_await_a_completion(server: FakeOpenAI) -> None:
    namespace: dict[str, Any] = {"inner": engine(server, "openai/inner")}
    code = "r = await inner.acompletion('q2')\nFINAL(r.answer + llm_query('!'))"
    server.script([repl(code)], model="scripted")
    server.script([repl("FINAL(llm_query('hi'))")], model="inner")
    result = engine(server).completion("q", namespace=namespace)
    assert result.answer == "echo: hiecho: !"


def test_one_engine_serves_several_threads(server: FakeOpenAI) -> None:
    server.script([repl(ASK)] * 6)
    rlm = engine(server)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(rlm.completion, ["q"] * 6))
    assert [result.answer for result in results] == ["echo: hi"] * 6
    assert len({result.events[0].run for result in results}) == 6


def test_an_interrupt_holds_the_result(server: FakeOpenAI) -> None:
    server.script([repl("x = 1"), repl("import signal\nsignal.raise_signal(signal.SIGINT)")])
    with pytest.raises(RunInterrupted) as ended:
        engine(server).completion("q")
    assert ended.value.result.status == "interrupted"
    assert len(ended.value.result.steps) == 2
