"""After its end a run does nothing more, and an observer's words are no output of its code."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from rlm_magic.events import Event
from tests.run.scripted import Ask


def test_a_helper_that_was_kept_asks_no_model(ask: Ask) -> None:
    kept: list[Any] = []
    ask([["kept.append(llm_query)\nFINAL(1)"]], namespace={"kept": kept})
    with pytest.raises(RuntimeError, match="belongs to a run that has ended"):
        kept[0]("Is anybody there?")
    assert ask.server.sub_requests() == []


def test_a_thread_of_the_code_asks_nothing_after_the_end(ask: Ask) -> None:
    code = """
import threading
def go_on():
    try:
        llm_query('first')
        llm_query('second')
    except BaseException:
        ended.set()
threading.Thread(target=go_on).start()
server.wait_for(held=1)
FINAL(1)
"""
    ended = threading.Event()
    ask.server.rule("first", {"content": "1", "hold": "never"})
    assert ask([[code]], namespace={"ended": ended, "server": ask.server}).answer == 1
    assert ended.wait(10)
    assert [request.prompt for request in ask.server.sub_requests()] == ["first"]


def test_what_an_observer_prints_is_no_output_of_the_code(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    def show(event: Event) -> None:
        print("seen:", event.type)

    output = ask.output("print(llm_query_batched(['a', 'b']))", on_event=show)
    assert "seen:" not in output
    assert "seen: sub_call_finished" in capsys.readouterr().out


def test_a_deleted_folder_locks_no_namespace(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone").mkdir()
    os.chdir("gone")
    (tmp_path / "gone").rmdir()
    namespace: dict[str, Any] = {}
    assert ask([["FINAL(1)"]], namespace=namespace, trace=tmp_path).answer == 1
    assert ask([["FINAL(2)"]], namespace=namespace, trace=tmp_path).answer == 2


def test_a_repr_may_use_what_the_code_bound(ask: Ask) -> None:
    code = "word = 'seven'\nclass Odd:\n    def __repr__(self): return word\nFINAL(Odd())"
    assert ask([[code]]).text == "seven"
