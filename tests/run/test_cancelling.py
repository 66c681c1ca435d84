"""Ending a run by its task, or from another thread; runs beside it go on."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import Approve, Budget, Proposal, Result, Stop
from rlm_magic.approval.decisions import Decision
from rlm_magic.events import Event, RunFinished, read_event
from tests.engine import engine, repl
from tests.servers.client import FakeOpenAI

MINE = {"context": "mine", "answer": 1}


def told(trace: Path) -> list[Event]:
    return [read_event(line) for line in trace.read_text(encoding="utf-8").splitlines()]


def sub_calls(events: list[Event], kind: str) -> list[int]:
    return sorted(event.call for event in events if event.type == kind)  # type: ignore[attr-defined]


async def cancelled(running: asyncio.Task[Result]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == {asyncio.current_task()}


def check(trace: Path, namespace: dict[str, Any]) -> list[Event]:
    """What must hold after a run that was cancelled; returns its events."""
    assert namespace == MINE
    events = told(trace)
    assert isinstance(events[-1], RunFinished)
    assert (events[-1].run, events[-1].status) == (events[0].run, "interrupted")
    assert sub_calls(events, "sub_call_started") == sub_calls(events, "sub_call_finished")
    begun = {event.run for event in events if event.type == "run_started"}  # type: ignore[attr-defined]
    ended = {event.run for event in events if event.type == "run_finished"}  # type: ignore[attr-defined]
    assert begun == ended
    return events


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.jsonl"


async def test_a_task_can_be_cancelled_while_it_waits_for_the_root_model(
    server: FakeOpenAI, trace: Path
) -> None:
    namespace: dict[str, Any] = dict(MINE)
    stdout = sys.stdout
    server.script([{"fault": "hang"}])
    rlm = engine(server, trace=trace)
    running = asyncio.create_task(rlm.acompletion("q", namespace=namespace))
    await server.async_wait_for(in_flight=1)
    await cancelled(running)
    check(trace, namespace)
    assert sys.stdout is stdout
    await server.async_wait_for(aborted=1, idle=True)


@pytest.mark.parametrize("code", ["llm_query_batched(['p' + str(i) for i in range(20)])", "BARE"])
async def test_a_task_can_be_cancelled_while_it_waits_for_sub_calls(
    server: FakeOpenAI, trace: Path, code: str
) -> None:
    asked = "llm_query_batched(['p' + str(i) for i in range(20)])"
    bare = f"try:\n    {asked}\nexcept BaseException:\n    FINAL('caught')"
    namespace: dict[str, Any] = dict(MINE)
    server.script([repl(code.replace("BARE", bare))])
    server.rule("p", fault="hang")
    rlm = engine(server, trace=trace)
    running = asyncio.create_task(rlm.acompletion("q", namespace=namespace))
    await server.async_wait_for(received=21)
    await cancelled(running)
    events = check(trace, namespace)
    assert len(sub_calls(events, "sub_call_finished")) == 20
    await server.async_wait_for(aborted=20, idle=True)


async def test_cancelling_a_task_ends_its_child_runs(server: FakeOpenAI, trace: Path) -> None:
    namespace: dict[str, Any] = dict(MINE)
    server.script([repl("rlm_query_batched(['a', 'b'])")], model="scripted")
    server.script([repl("llm_query_batched(['p' + str(i) for i in range(5)])")] * 2, model="child")
    server.rule("p", fault="hang")
    rlm = engine(server, sub_model="openai/child", max_depth=2, trace=trace)
    running = asyncio.create_task(rlm.acompletion("q", namespace=namespace))
    await server.async_wait_for(received=13)
    await cancelled(running)
    check(trace, namespace)
    await server.async_wait_for(aborted=10, idle=True)


async def test_cancelling_a_task_ends_the_calls_of_its_threads(
    server: FakeOpenAI, trace: Path
) -> None:
    code = """
    import asyncio
    await asyncio.gather(*(asyncio.to_thread(llm_query, "p") for _ in range(5)))
    """
    namespace: dict[str, Any] = dict(MINE)
    server.script([repl(code)])
    server.rule("p", fault="hang")
    rlm = engine(server, trace=trace)
    running = asyncio.create_task(rlm.acompletion("q", namespace=namespace))
    await server.async_wait_for(received=6)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    check(trace, namespace)
    await server.async_wait_for(aborted=5, idle=True)


async def test_a_run_that_a_timeout_of_the_person_cancels(server: FakeOpenAI) -> None:
    server.script([{"fault": "hang"}, repl("FINAL(1)")])
    waiting = asyncio.create_task(server.async_wait_for(in_flight=1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await engine(server).acompletion("q")
    await waiting
    assert (await engine(server).acompletion("q")).answer == 1


async def test_a_timeout_in_generated_code_ends_only_its_own_wait(server: FakeOpenAI) -> None:
    code = """
    import asyncio
    try:
        async with asyncio.timeout(0.5):
            rlm_query("x")
    except TimeoutError:
        FINAL(llm_query("after"))
    """
    server.script([repl(code)], model="scripted")
    server.script([repl("llm_query('p')")], model="child")
    server.rule("p", fault="hang")
    result = await engine(server, sub_model="openai/child", max_depth=2).acompletion("q")
    assert (result.status, result.answer) == ("answered", "echo: after")


async def test_a_run_can_be_stopped_from_another_thread(server: FakeOpenAI) -> None:
    loop, waiting = asyncio.get_running_loop(), asyncio.Event()
    decision: asyncio.Future[Decision] = loop.create_future()

    async def approve(proposal: Proposal) -> Decision:
        waiting.set()
        return await decision

    server.script([repl("FINAL(1)")])
    running = asyncio.create_task(engine(server, approve=approve).acompletion("q"))
    await asyncio.wait_for(waiting.wait(), 20)
    button = threading.Thread(target=loop.call_soon_threadsafe, args=[decision.set_result, Stop()])
    button.start()
    assert (await running).status == "stopped"
    button.join()


async def test_a_budget_of_seconds_ends_its_own_run_only(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('p'))")], model="patient")
    server.script([repl("while True: pass")], model="busy")
    server.rule("p", "in the end", hold="gate")
    patient = asyncio.create_task(engine(server, "openai/patient").acompletion("q"))
    await server.async_wait_for(held=1)
    busy = await engine(server, "openai/busy", budget=Budget(seconds=1)).acompletion("q")
    assert busy.status == "over_budget"
    server.open("gate")
    assert (await patient).answer == "in the end"


async def test_stopping_one_run_leaves_the_others_alone(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('p'))")], model="patient")
    server.script([repl("FINAL(1)")], model="other")
    server.rule("p", "in the end", hold="gate")
    rlm = engine(server, "openai/patient", approve=lambda _: Approve())
    patient = asyncio.create_task(rlm.acompletion("q"))
    await server.async_wait_for(held=1)
    stopped = await engine(server, "openai/other", approve=lambda _: Stop()).acompletion("q")
    assert stopped.status == "stopped"
    server.open("gate")
    assert (await patient).answer == "in the end"


def test_the_seconds_of_an_outer_run_end_a_completion_in_its_code(server: FakeOpenAI) -> None:
    namespace: dict[str, Any] = {"inner": engine(server, "openai/inner")}
    server.script([repl("FINAL(1)"), repl("r = inner.completion('q2')")], model="scripted")
    server.script([{"fault": "hang"}], model="inner")
    engine(server).completion("q")
    result = engine(server, budget=Budget(seconds=2)).completion("q", namespace=namespace)
    assert result.status == "over_budget"
    server.wait_for(aborted=1, idle=True)
