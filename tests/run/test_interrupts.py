"""Ctrl+C in a process of its own: whatever state a run is in, it ends and leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine import Done, Program, repl
from tests.servers.client import FakeOpenAI

# Generated code says where it is on the stream that no run captures.
SAY = "import sys; sys.__stdout__.write('here\\n'); sys.__stdout__.flush()\n"

SOURCE = """
namespace = {"context": "mine", "answer": 1}
before = signal.getsignal(signal.SIGINT)
rlm = engine(trace=TRACE, OPTIONS)
try:
    print(rlm.completion("q", namespace=namespace))
except RunInterrupted as end:
    result = end.result
    print(result.status, result.answer, result.error)
    print(namespace == {"context": "mine", "answer": 1})
    print(signal.getsignal(signal.SIGINT) is before)
    print(result.events[-1].type)
print(engine().completion("q").answer)
"""

ENDED = "interrupted None The run was interrupted.\nTrue\nTrue\nrun_finished\nthe next run\n"


def start(server: FakeOpenAI, trace: Path, setup: str = "", options: str = "") -> Program:
    """A program whose run can be interrupted, after which it makes another run."""
    source = SOURCE.replace("OPTIONS", options).replace("TRACE", repr(str(trace)))
    return Program(setup + source, server)


def interrupted(program: Program, server: FakeOpenAI, next_model: str = "scripted") -> Done:
    server.script([repl("FINAL('the next run')")], model=next_model)
    program.interrupt()
    done = program.end()
    assert done.err == ""
    assert done.out.endswith(ENDED), done.out
    return done


def events(trace: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.jsonl"


@pytest.mark.parametrize("stream", [False, True])
def test_while_it_waits_for_the_root_model(server: FakeOpenAI, trace: Path, stream: bool) -> None:
    server.script([{"content": "x" * 100, "hold": "never", "hold_after": int(stream)}])
    with start(server, trace, options=f"stream={stream}") as program:
        server.wait_for(held=1)
        interrupted(program, server)
    server.wait_for(aborted=1, idle=True)


@pytest.mark.parametrize(
    ("call", "calls"),
    [("llm_query('p')", 1), ("llm_query_batched(['p' + str(i) for i in range(30)])", 30)],
)
def test_while_it_waits_for_sub_calls(
    server: FakeOpenAI, trace: Path, call: str, calls: int
) -> None:
    server.script([repl(call)])
    server.rule("p", fault="hang")
    with start(server, trace) as program:
        server.wait_for(received=calls + 1, in_flight=calls)
        interrupted(program, server)
    server.wait_for(aborted=calls, idle=True)
    told = events(trace)
    begun = [event["call"] for event in told if event["type"] == "sub_call_started"]
    ended = [event["call"] for event in told if event["type"] == "sub_call_finished"]
    assert sorted(begun) == sorted(ended) == list(range(1, calls + 1))
    assert all(event["cancelled"] for event in told if event["type"] == "sub_call_finished")
    assert told[-1]["type"] == "run_finished"


def test_while_a_pool_of_threads_waits_for_sub_calls(server: FakeOpenAI, trace: Path) -> None:
    code = """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(8) as pool:
        print(list(pool.map(llm_query, ["p"] * 50)))
    """
    server.script([repl(code)])
    server.rule("p", fault="hang")
    with start(server, trace) as program:
        server.wait_for(received=9, in_flight=8)
        interrupted(program, server)
    server.wait_for(aborted=8, idle=True)
    assert len(server.sub_requests()) == 8


@pytest.mark.parametrize("code", ["while True: sum(range(100))", "import time; time.sleep(600)"])
def test_while_code_is_busy(server: FakeOpenAI, trace: Path, code: str) -> None:
    server.script([repl(SAY + code)])
    with start(server, trace) as program:
        assert program.line() == "here"
        interrupted(program, server)
    [block] = [event for event in events(trace) if event["type"] == "code_executed"]
    assert block["error"] == "KeyboardInterrupt"


def test_while_code_awaits(server: FakeOpenAI, trace: Path) -> None:
    server.script([repl(SAY + "import asyncio\nawait asyncio.sleep(600)")])
    with start(server, trace) as program:
        assert program.line() == "here"
        interrupted(program, server)


def test_code_can_catch_it_and_the_run_still_ends(server: FakeOpenAI, trace: Path) -> None:
    code = f"""try:\n    {SAY}    while True: sum(range(100))
except KeyboardInterrupt:\n    print('saved')"""
    server.script([repl(code)])
    with start(server, trace) as program:
        assert program.line() == "here"
        interrupted(program, server)
    [block] = [event for event in events(trace) if event["type"] == "code_executed"]
    assert (block["output"], block["error"]) == ("saved\n", None)


def test_code_can_catch_it_in_a_wait_and_no_call_is_sent_any_more(
    server: FakeOpenAI, trace: Path
) -> None:
    code = """
    try:
        llm_query("p")
    except KeyboardInterrupt:
        print("caught")
        llm_query("another")
    """
    server.script([repl(code)])
    server.rule("p", fault="hang")
    with start(server, trace) as program:
        server.wait_for(in_flight=1, received=2)
        interrupted(program, server)
    assert [request.prompt for request in server.sub_requests()] == ["p"]


ASYNC_APPROVER = """
async def approve(proposal):
    print("here")
    await asyncio.sleep(600)
"""


def test_while_an_async_approver_waits(server: FakeOpenAI, trace: Path) -> None:
    server.script([repl("print('ran')")])
    with start(server, trace, ASYNC_APPROVER, "approve=approve") as program:
        assert program.line() == "here"
        interrupted(program, server)
    assert not [event for event in events(trace) if event["type"] == "code_executed"]


@pytest.mark.parametrize("busy", [False, True])
def test_while_child_runs_work(server: FakeOpenAI, trace: Path, busy: bool) -> None:
    server.script([repl("FINAL(rlm_query_batched(['a', 'b']))")], model="scripted")
    code = SAY + ("while True: sum(range(100))" if busy else "llm_query('p')")
    server.script([repl(code)] * 2, model="child")
    server.rule("p", fault="hang")
    options = "sub_model='openai/child', max_depth=2"
    with start(server, trace, options=options) as program:
        assert program.line() == "here"
        if not busy:
            server.wait_for(received=5)
        interrupted(program, server)
    server.wait_for(idle=True)
    told = events(trace)
    assert told[-1]["type"] == "run_finished"
    begun = {event["run"] for event in told if event["type"] == "run_started"}
    ended = {event["run"] for event in told if event["type"] == "run_finished"}
    assert begun == ended
    assert {event["status"] for event in told if event["type"] == "run_finished"} == {"interrupted"}


@pytest.mark.parametrize("busy", [False, True])
def test_a_completion_in_generated_code_ends_with_its_outer_run(
    server: FakeOpenAI, trace: Path, busy: bool
) -> None:
    code = """
    import builtins
    try:
        builtins.inner('q')
    except KeyboardInterrupt as end:
        print(type(end).__name__, end.result.status)
    """
    server.script([repl(code), repl("FINAL('went on')")])
    server.script(
        [repl(SAY + ("while True: sum(range(100))" if busy else "llm_query('p')"))], model="inner"
    )
    server.rule("p", fault="hang")
    setup = (
        "import builtins\n"
        "inner = RLM('openai/inner', api_base=sys.argv[1], api_key='test')\n"
        "builtins.inner = inner.completion\n"
    )
    with start(server, trace, setup) as program:
        assert program.line() == "here"
        if not busy:
            server.wait_for(received=3, in_flight=1)
        program.interrupt()
        done = program.end()
    assert done.out.startswith("interrupted None The run was interrupted.\nTrue\nTrue\n")
    [block] = [event for event in events(trace) if event["type"] == "code_executed"]
    assert block["output"] == "RunInterrupted interrupted\n"
    assert done.err == ""


def test_in_an_event_loop_of_the_person_it_ends_in_a_result(server: FakeOpenAI) -> None:
    server.script([{"fault": "hang"}])
    source = """
async def main():
    result = await engine().acompletion("q")
    await asyncio.sleep(0)
    return result.status

before = signal.getsignal(signal.SIGINT)
print(asyncio.run(main()), signal.getsignal(signal.SIGINT) is before)
"""
    with Program(source, server) as program:
        server.wait_for(in_flight=1)
        program.interrupt()
        done = program.end()
    assert (done.out, done.err) == ("interrupted True\n", "")
    server.wait_for(aborted=1, idle=True)


def test_it_ends_all_runs_of_the_loop(server: FakeOpenAI) -> None:
    server.script([{"fault": "hang"}] * 2)
    source = """
async def main():
    results = await asyncio.gather(engine().acompletion("q"), engine().acompletion("q"))
    print([result.status for result in results])

asyncio.run(main())
"""
    with Program(source, server) as program:
        server.wait_for(in_flight=2)
        program.interrupt()
        done = program.end()
    assert (done.out, done.err) == ("['interrupted', 'interrupted']\n", "")


def test_after_a_run_ctrl_c_is_the_persons_again(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    source = """
engine().completion("q")
try:
    print("here")
    while True: sum(range(100))
except KeyboardInterrupt as error:
    print(type(error).__name__)
"""
    with Program(source, server) as program:
        assert program.line() == "here"
        program.interrupt()
        done = program.end()
    assert (done.out, done.err) == ("KeyboardInterrupt\n", "")
