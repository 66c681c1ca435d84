"""The trace file: every event as a line of JSON, written as it happens."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from rlm_magic import ConfigurationError, Result, Stop
from rlm_magic.events import (
    Event,
    Notice,
    RunFinished,
    SubCallFinished,
    SubCallStarted,
    read_event,
)
from rlm_magic.trace.usage import usage_of
from tests.engine import Program, engine, of, repl, run_program
from tests.servers.client import FakeOpenAI

ODD = """
import math
class Rude:
    def __repr__(self):
        raise ValueError("no")
cycle = []
cycle.append(cycle)
print("\\ud800 alone", "\\x00", "\\u2028", math.nan)
"""


def split(trace: Path) -> list[str]:
    """The lines of a trace: only a line feed ends one."""
    return trace.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def lines(result: Result) -> list[str]:
    assert result.trace is not None
    return split(result.trace)


def test_each_line_is_an_event_and_all_events_are_there(server: FakeOpenAI, tmp_path: Path) -> None:
    server.script([repl("FINAL(rlm_query_batched(['a', 'b']))")], model="scripted")
    code = "print('x')\nllm_query_batched(['a', 'b', 'bad'])\nFINAL(1)"
    server.script([{"content": repl(code), "usage": {"cached_tokens": 5}}] * 2, model="child")
    server.rule("bad", status=500)
    trace = tmp_path / "t.jsonl"
    rlm = engine(server, sub_model="openai/child", max_depth=2, trace=trace, retries=0)
    result = rlm.completion("q", "context")
    read = [read_event(line) for line in lines(result)]
    assert read == list(result.events)
    assert [event.seq for event in read] == list(range(1, len(read) + 1))
    assert [event.time for event in read] == sorted(event.time for event in read)
    assert usage_of(read) == result.usage
    assert result.usage.calls == 7
    assert isinstance(read[-1], RunFinished)
    assert read[-1].run == read[0].run


def test_the_file_holds_what_a_run_does_as_soon_as_it_is_told(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"

    def watch(event: Event) -> None:
        if isinstance(event, SubCallStarted | SubCallFinished):
            return
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n")
        told.append([read_event(line) for line in split(path)])

    told: list[list[Event]] = []
    server.script([repl("print(llm_query('a'))"), repl("FINAL(1)")])
    result = engine(server, trace=path, on_event=watch).completion("q")
    calls = len(of(result, SubCallStarted)) + len(of(result, SubCallFinished))
    assert len(told) == len(result.events) - calls
    assert all(lines == list(result.events[: len(lines)]) for lines in told)


def test_the_file_holds_a_sub_call_before_the_code_goes_on(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"
    server.script([repl("llm_query('a')\nFINAL(context.read_text())")])
    text = engine(server, trace=path).completion("q", path).answer
    assert isinstance(read_event(text.splitlines()[-1]), SubCallFinished)


@pytest.mark.parametrize(
    "answer", ["'\\ud800'", "math.nan", "[math.inf, math.nan]", "cycle", "Rude()", "b'\\xff'"]
)
def test_any_value_can_be_told(server: FakeOpenAI, answer: str) -> None:
    server.script([repl(ODD + "llm_query('\\udfff')"), repl(ODD + f"FINAL({answer})")])
    server.rule(reply="a\ud800b")
    result = engine(server).completion("q \ud800", "c \ud800")
    assert result.status == "answered"
    for line in lines(result):
        json.loads(line, parse_constant=pytest.fail)
        read_event(line)
    assert len(lines(result)) == len(result.events)
    result._repr_mimebundle_()["text/html"].encode()


def test_only_the_person_can_read_it(server: FakeOpenAI, tmp_path: Path) -> None:
    server.script([repl("FINAL(1)")] * 2)
    existing = tmp_path / "t.jsonl"
    existing.touch(mode=0o644)
    for chosen in (existing, None):
        trace = engine(server, trace=chosen).completion("q").trace
        assert trace is not None
        assert stat.S_IMODE(trace.stat().st_mode) == 0o600


def test_a_device_keeps_its_permissions(
    server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[int] = []
    monkeypatch.setattr(os, "fchmod", lambda descriptor, mode: changed.append(mode))
    server.script([repl("FINAL(1)")])
    assert engine(server, trace=os.devnull).completion("q").answer == 1
    assert changed == [], "as root that would shut everybody else out"


def test_the_folder_of_the_environment_is_the_default(server: FakeOpenAI, trace_dir: Path) -> None:
    server.script([repl("FINAL(1)")] * 2)
    traces = [engine(server).completion("q").trace for _ in range(2)]
    assert sorted(trace_dir.iterdir()) == sorted(filter(None, traces))
    assert all(str(trace).endswith(".rlm.jsonl") for trace in traces)


def test_a_folder_can_be_given(server: FakeOpenAI, tmp_path: Path) -> None:
    server.script([repl("FINAL(1)")])
    trace = engine(server, trace=tmp_path).completion("q").trace
    assert trace is not None
    assert trace.parent == tmp_path


def test_folders_above_a_given_file_are_made(server: FakeOpenAI, tmp_path: Path) -> None:
    server.script([repl("FINAL(1)")])
    trace = engine(server, trace=tmp_path / "a" / "b" / "t.jsonl").completion("q").trace
    assert trace == tmp_path / "a" / "b" / "t.jsonl"


@pytest.mark.parametrize("path", ["file/t.jsonl", "/proc/t.jsonl", "null\0byte", "x" * 300])
def test_a_path_that_cannot_be_written_calls_nothing(
    server: FakeOpenAI, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").touch()
    namespace: dict[str, Any] = {"answer": 1}
    with pytest.raises(ConfigurationError, match="choose another path"):
        engine(server, trace=tmp_path / path).completion("q", namespace=namespace)
    assert server.requests() == []
    assert namespace == {"answer": 1}


def test_a_default_folder_that_cannot_be_written_does_not_stop_a_run(
    server: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RLM_TRACE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server.script([repl("FINAL(1)")])
    result = engine(server).completion("q")
    assert result.answer == 1
    assert len(lines(result)) == len(result.events)


def test_a_full_disk_does_not_end_a_run(server: FakeOpenAI, tmp_path: Path) -> None:
    server.script([repl("print('x' * 5000)"), repl("FINAL(1)")])
    source = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
result = engine(trace={str(tmp_path / "t.jsonl")!r}).completion("q")
print(result.answer, [e.text for e in result.events if e.type == "notice"])
"""
    done = run_program(source, server)
    assert done.out.startswith("1 ['The trace file can\\'t be written: ") or done.out.startswith(
        "1 [\"The trace file can't be written: "
    )
    assert done.err == ""


def test_what_was_told_before_a_kill_is_in_the_file(server: FakeOpenAI, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    server.script([repl("print('x')\nllm_query_batched(['p' + str(i) for i in range(20)])")])
    server.rule("p", fault="hang")
    source = f"engine(trace={str(path)!r}).completion('q')"
    with Program(source, server, stdin=PIPE) as program:
        server.wait_for(received=21, timeout=60)
        program.process.kill()
        program.end()
    read = [read_event(line) for line in split(path)]
    assert [event.seq for event in read] == list(range(1, len(read) + 1))
    assert [event.type for event in read].count("sub_call_started") == 20


def test_every_end_of_a_run_is_told(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)"), {"status": 400}, repl("x = 1"), "FINAL(best)", repl("x = 1")])
    statuses = [
        engine(server, **options).completion("q").events[-1]
        for options in ({}, {}, {"max_steps": 1}, {"approve": lambda _: Stop()})
    ]
    assert [event.status for event in statuses if isinstance(event, RunFinished)] == [
        "answered",
        "failed",
        "fallback",
        "stopped",
    ]


def test_an_observer_gets_every_event_in_order(server: FakeOpenAI) -> None:
    seen: list[Event] = []
    server.script([repl("FINAL(llm_query_batched(['a' + str(i) for i in range(30)]))")])
    result = engine(server, on_event=seen.append).completion("q")
    assert seen == list(result.events)


def test_an_observer_that_raises_disturbs_nothing(server: FakeOpenAI) -> None:
    seen: list[Event] = []

    def observer(event: Event) -> None:
        seen.append(event)
        raise LookupError("broken panel")

    server.script([repl("FINAL(llm_query('a'))")])
    result = engine(server, on_event=observer).completion("q")
    assert result.answer == "echo: a"
    assert len(seen) == 1
    [notice] = of(result, Notice)
    assert "observer raised LookupError: broken panel" in notice.text
    assert len(lines(result)) == len(result.events)


def test_a_trace_replaces_an_earlier_trace_and_no_other_file(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    table, trace = tmp_path / "mine.csv", tmp_path / "run.jsonl"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(ConfigurationError, match="holds something else than a trace"):
        engine(server, trace=table).completion("Why?")
    assert table.read_text() == "a,b\n1,2\n"
    assert server.counts()["received"] == 0

    for answer in ("aardvark", "zebra"):
        server.script([f"FINAL({answer})"])
        assert engine(server, trace=trace).completion("Why?").text == answer
    assert "zebra" in trace.read_text()
    assert "aardvark" not in trace.read_text()
