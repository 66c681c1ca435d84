"""The saved record: the same each time, never too large, and exact about what it leaves out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest

from rlm_magic import RLM, Result
from rlm_magic.events import AnyEvent, SpendProposed, SubCallFinished, SubCallStarted, read_event
from rlm_magic.trace.record import RECORD, RecordMetadata, record_bundle
from rlm_magic.trace.usage import usage_of
from rlm_magic.trace.wire import full_line, wire_line
from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI
from tests.trace.runs import Story

Bundle = tuple[dict[str, Any], dict[str, Any]]


def saved(events: list[AnyEvent], longest_bytes: int = 256_000) -> Bundle:
    return record_bundle(events, trace=None, longest_bytes=longest_bytes)


def record(events: list[AnyEvent], longest_bytes: int = 256_000) -> dict[str, Any]:
    data: dict[str, Any] = saved(events, longest_bytes)[0][RECORD]
    return data


def texts(value: object) -> set[str]:
    """Every text in JSON data."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(texts, value)) if isinstance(value, list) else set()


def bytes_in_notebook(bundle: Bundle) -> int:
    """How much larger a notebook file is with this output than without it."""
    data, metadata = bundle
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    sizes = []
    for outputs in ([], [output]):
        cell = nbformat.v4.new_code_cell("%%rlm\nWhy?", id="a", outputs=outputs)
        notebook = nbformat.v4.new_notebook(cells=[cell])
        sizes.append(len(nbformat.writes(notebook).encode()))
    return sizes[1] - sizes[0]


def of_trace(result: Result) -> list[AnyEvent]:
    assert result.trace is not None
    return [read_event(line) for line in result.trace.read_text("utf-8").splitlines()]


def test_two_runs_whose_replies_come_in_another_order_leave_the_same_data() -> None:
    stories = [
        Story(steps=3, calls=40, failing=7, stored=4, retried=5, children=2, seed=seed)
        for seed in (0, 1, 2)
    ]
    [first, *others] = [json.dumps(saved(story.events())[0]) for story in stories]
    assert others == [first, first]


def test_two_runs_of_the_offline_model_leave_the_same_data() -> None:
    tickets = [f"ticket {n}: the app is {'great' if n % 2 else 'broken'}" for n in range(40)]
    question = "Is each ticket a complaint or praise?"
    results = [RLM().completion(question, namespace={"tickets": tickets}) for _ in range(2)]
    [first, second] = [saved(of_trace(result))[0] for result in results]
    assert any(it["type"] == "sub_call_finished" for it in first[RECORD]["events"])
    assert json.dumps(first) == json.dumps(second)


def test_sub_calls_that_threads_make_have_one_order(server: FakeOpenAI) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    FINAL(list(pool.map(llm_query, {words})))
"""
    server.rule("quick", "done")
    server.rule(reply={"content": "late {prompt}", "delay": 0.05})
    words = ["quick", *(f"slow {n}" for n in range(20))]
    records = []
    for order in (words, words[::-1]):
        result = Ask(server)([[code.format(words=order)]])
        events = record(of_trace(result))["events"]
        records.append([it for it in events if it["type"].startswith("sub_call")])
    assert records[0] == records[1]


def told_by(story: str) -> list[AnyEvent]:
    """A run of these sub-calls: `+a` starts one, `-a` ends it; a small letter is a thread's."""
    numbers: dict[str, int] = {}
    events: list[AnyEvent] = [*Story().events()[:1]]
    for mark, name in story.split():
        call = numbers.setdefault(name, len(numbers) + 1)
        told = {"run": "root-0", "step": 1, "call": call}
        if mark == "+":
            started = {"model": "sub", "prompt": name, "threaded": name.islower()}
            events.append(SubCallStarted.model_validate(told | started))
        else:
            events.append(SubCallFinished.model_validate(told | {"reply": "r", "seconds": 1}))
    return events


def prompts_in(data: dict[str, Any]) -> str:
    return "".join(it["prompt"] for it in data["events"] if it["type"] == "sub_call_started")


def test_calls_of_threads_have_one_order_whether_or_not_they_overlapped() -> None:
    stories = ("+a +b -a -b", "+b +a -a -b", "+a -a +b -b", "+b -b +a -a")
    [first, *others] = [record(told_by(story)) for story in stories]
    assert prompts_in(first) == "ab"
    assert others == [first, first, first]


def test_a_call_of_the_code_itself_stays_behind_the_threads_that_it_waited_for() -> None:
    assert prompts_in(record(told_by("+Z -Z +b -b +a -a +M -M +c -c +A -A"))) == "ZabMcA"
    stories = ("+a +M -a -M +L -L", "+M +a -M -a +L -L")
    assert [prompts_in(record(told_by(story))) for story in stories] == ["MaL", "MaL"]


def test_a_call_tells_whether_a_thread_made_it(server: FakeOpenAI) -> None:
    code = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:
    list(pool.map(llm_query, ["thread"]))
    list(pool.map(llm_query_batched, [["batch in thread"]]))
async def ask():
    return llm_query("task")
await asyncio.create_task(ask())
async def told():
    return llm_query("coroutine")
await told()
llm_query_batched(["batch"])
FINAL(llm_query("code"))
"""
    events = of_trace(Ask(server)([[code]]))
    threaded = {it.prompt: it.threaded for it in events if isinstance(it, SubCallStarted)}
    assert threaded == {
        "thread": True,
        "batch in thread": True,
        "task": True,
        "coroutine": False,
        "batch": False,
        "code": False,
    }


def test_sub_calls_one_after_the_other_keep_their_order(server: FakeOpenAI) -> None:
    result = Ask(server)([["FINAL([llm_query(p) for p in ('z', 'a', 'm')])"]])
    events = record(of_trace(result))["events"]
    assert prompts_in({"events": events}) == "zam"


def test_nothing_in_the_data_depends_on_the_clock_or_on_ids(tmp_path: Path) -> None:
    events = Story(calls=3, children=1, seed=5).events()
    path = tmp_path / "of-this-run.rlm.jsonl"
    data, metadata = record_bundle(events, trace=path)
    written = json.dumps(data)
    assert "root-5" not in written
    assert "of-this-run" not in written
    assert not {"time", "seconds", "version"} & set().union(*data[RECORD]["events"])
    assert {it["run"] for it in data[RECORD]["events"]} == {"1", "2"}
    told = RecordMetadata.model_validate(metadata[RECORD])
    assert (told.run, told.trace, told.started) == ("root-5", str(path), events[0].time)


def test_the_trace_is_told_without_the_name_of_the_persons_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    events = Story(calls=1, children=0, seed=5).events()
    in_home = tmp_path / "ada" / "runs" / "one.rlm.jsonl"
    _, metadata = record_bundle(events, trace=in_home)
    assert metadata[RECORD]["trace"] == "~/runs/one.rlm.jsonl"
    _, metadata = record_bundle(events, trace=tmp_path / "one.rlm.jsonl")
    assert metadata[RECORD]["trace"] == str(tmp_path / "one.rlm.jsonl")


def test_the_times_belong_to_the_events_of_the_record() -> None:
    events = Story(steps=2, calls=4, seed=3).events()
    data, metadata = saved(events)
    kept, times = data[RECORD]["events"], metadata[RECORD]["times"].split()
    assert [it["seq"] for it in kept] == list(range(1, len(kept) + 1))
    assert len(times) == len(kept)
    ends = [time for it, time in zip(kept, times, strict=True) if it["type"] == "run_finished"]
    assert ends == [str(round((events[-1].time - events[0].time) * 1000))]


def test_what_says_nothing_new_is_left_out() -> None:
    kept = Counter(it["type"] for it in record(Story(steps=2).events())["events"])
    assert kept["root_requested"] == 2
    assert not {"root_streamed", "observed"} & set(kept)
    assert "added" not in " ".join(texts(record(Story().events())["events"]))


@pytest.mark.parametrize(
    "story",
    [
        Story(calls=10_000, failing=100),
        Story(calls=2_000, prompt="p" * 20_000, reply="r" * 20_000),
        Story(children=10_000),
        Story(calls=700),
        Story(calls=700, answer="é\n" * 10_000),
        Story(steps=3_000, output="o" * 100),
        Story(steps=300, calls=5, children=2),
        Story(answer="é<&\x00" * 12_500_000),
        Story(output="\x1b[31m" * 1_000_000),
        Story(answer="> " * 100_000),
        Story(answer="[" * 200_000),
    ],
    ids=[
        *("calls", "long calls", "children", "some calls", "lines", "steps", "all", "answer"),
        *("ansi", "quotes", "brackets"),
    ],
)
@pytest.mark.parametrize("longest", [256_000, 30_000, 8_000])
def test_it_is_never_too_large_in_the_notebook_file(story: Story, longest: int) -> None:
    bundle = saved(story.events(), longest)
    assert bytes_in_notebook(bundle) <= longest
    events = bundle[0][RECORD]["events"]
    assert (events[0]["type"], events[-1]["type"]) == ("run_started", "run_finished")
    assert len(bundle[1][RECORD]["times"].split()) == len(events)


@pytest.mark.parametrize(
    "story",
    [
        Story(calls=10_000, failing=100),
        Story(children=5_000),
        Story(steps=2_000),
        Story(steps=300, calls=5, children=2, failing=4),
        Story(calls=5_000, usd=None),
        Story(steps=3, calls=4_000, children=30, failing=9, stored=4, retried=11),
    ],
)
def test_the_figures_stay_exact_whatever_is_left_out(story: Story) -> None:
    events = story.events()
    data = record(events, 60_000)
    left = data["omitted"]
    told = Counter(it["type"] for it in data["events"])
    replied = [it for it in data["events"] if it["type"] == "root_replied"]
    ended = [it for it in data["events"] if it["type"] == "sub_call_finished"]
    usage = usage_of(events)

    def total(name: str) -> int:
        return sum(it.get(name, 0) for it in left)

    calls, steps = total("calls"), total("steps")
    assert told["sub_call_started"] + calls == story.calls * story.steps
    assert told["root_replied"] + steps == story.steps * (1 + story.children)
    assert told["run_started"] + total("runs") == 1 + story.children * story.steps
    failed = [it for it in ended if "error" in it]
    assert len(failed) + total("failed") == usage.failed_calls
    stored = [it for it in ended if it.get("cached")]
    assert len(stored) + total("cached") == usage.cached_calls
    assert sum(it.get("retries", 0) for it in ended) + total("retries") == usage.retried_calls
    abandoned = [it["abandoned"]["usd"] for it in [*ended, *left] if "abandoned" in it]
    assert sum(abandoned) == usage.abandoned.usd
    used = [it.get("tokens", {}) for it in [*replied, *ended, *left] if it not in stored]
    assert sum(it.get("input", 0) for it in used) == usage.input_tokens
    assert sum(it.get("output", 0) for it in used) == usage.output_tokens
    prices = [it.get("usd") for it in replied]
    prices += [it.get("usd") for it in ended if "reply" in it and it not in stored]
    prices += [it.get("usd", 0.0) for it in left]
    assert (None if None in prices else sum(prices)) == (usage.usd and pytest.approx(usage.usd))


def test_a_record_holds_no_keys_of_the_store_and_no_waits() -> None:
    events = Story(calls=20, retried=3, seed=7).events()
    data = record(events)["events"]
    assert {it["type"] for it in data}.isdisjoint({"call_retried", "call_hedged"})
    assert not any("key" in it or "wait" in it for it in data)
    assert sum(it.get("retries", 0) for it in data) == 6


def test_what_a_call_was_sent_with_is_a_glance() -> None:
    schema = {"type": "object", "properties": {f"field {n}": {} for n in range(1_000)}}
    call = SubCallStarted(
        run="r",
        step=1,
        call=1,
        model="m",
        prompt="p",
        images=tuple(f"image {n}" for n in range(1_000)),
        parameters={"temperature": 0.5, "response_format": schema},
    )
    for told in (record([call])["events"][0], json.loads(wire_line(call))):
        assert len(told["images"]) == 8
        assert told["parameters"]["temperature"] == 0.5
        assert len(told["parameters"]["response_format"]) == 120
    assert read_event(full_line(call, None)) == call


def test_many_questions_about_spending_have_no_more_room_than_steps() -> None:
    [start, *events] = Story(calls=3).events()
    asked = [
        SpendProposed(run=start.run, step=1, spend=n, calls=9, model="m", tokens=9, usd=None)
        for n in range(1, 5_000)
    ]
    bundle = saved([start, *asked, *events], 20_000)
    assert bytes_in_notebook(bundle) <= 20_000


def test_failures_are_kept_before_others() -> None:
    data = record(Story(calls=10_000, failing=200).events())
    failed = [it for it in data["events"] if it.get("error") == "no reply"]
    assert len(failed) == 50
    assert data["omitted"][0].get("failed", 0) == 0
    prompts = [it["prompt"] for it in data["events"] if it["type"] == "sub_call_started"]
    assert prompts[:2] == ["1: prompt", "2: prompt"]


def test_a_text_that_is_cut_tells_its_length() -> None:
    story = Story(calls=200, reply="r" * 5_000, answer="a" * 30_000)
    events = record(story.events())["events"]
    replies = [it["reply"] for it in events if it["type"] == "sub_call_finished"]
    assert {reply["chars"] for reply in replies} <= {5_003, 5_004, 5_005}
    assert events[-1]["answer"] == "a" * 30_000, "texts of sub-calls are cut first"


def test_steps_between_are_told_at_the_place_of_the_first() -> None:
    data = record(Story(steps=3_000).events())
    numbers = [it["step"] for it in data["events"] if it["type"] == "root_requested"]
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-1]) == (1, 3_000)
    [left] = data["omitted"]
    assert left["step"] in numbers
    assert left["steps"] + len(numbers) - 1 == 3_000


def test_a_run_that_was_cut_off_has_a_record() -> None:
    events = Story(steps=2, calls=3, children=1).events()
    for end in range(1, len(events) + 1):
        data, _ = saved(events[:end])
        assert data[RECORD]["events"][0]["type"] == "run_started"


def test_a_line_for_the_browser_previews_sub_calls_and_cuts_other_texts() -> None:
    [_, *events] = Story(calls=1, prompt="p" * 500, output="o" * 30_000).events()
    lines = [json.loads(wire_line(it)) for it in events]
    assert all(line["type"] == it.type for line, it in zip(lines, events, strict=True))
    by_type = {line["type"]: line for line in lines}
    assert len(by_type["sub_call_started"]["prompt"]["start"]) == 120
    assert by_type["sub_call_started"]["prompt"]["chars"] == 503
    assert by_type["code_executed"]["output"]["chars"] == 30_000
    assert "bound" not in by_type["code_executed"]


def test_a_full_line_is_the_event_itself() -> None:
    for event in Story(calls=2, prompt="p" * 5_000, failing=2, children=1).events():
        assert read_event(full_line(event, None)) == event
        assert b"\n" not in full_line(event, None)
