"""The result of a run: the answer itself, and the rest as folds over the events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rlm_magic import RLM, ConfigurationError, RLMError
from rlm_magic.events import RunFinished, RunStarted
from tests.run.scripted import Ask


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text\n", "text\n"),
        (0, "0"),
        (False, "False"),
        ([], "[]"),
        ({"a": (1, 2)}, "{'a': (1, 2)}"),
        (pd.DataFrame({"a": [1]}), "   a\n0  1"),
        (np.arange(3), "array([0, 1, 2])"),
        (object, "<class 'object'>"),
        (Unprintable(), "<Unprintable; its repr raised RuntimeError>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_answer_is_the_object_itself_and_text_tells_it(ask: Ask, value: Any, text: str) -> None:
    result = ask([["FINAL(context)"]], context=value)
    assert result.answer is value
    assert result.text == text
    finished = result.events[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.answer, finished.answer_type) == (text, type(value).__qualname__)


def test_a_long_text_is_whole_and_a_long_repr_is_cut(ask: Ask) -> None:
    assert ask([["FINAL('x' * 300_000)"]]).text == "x" * 300_000
    assert len(ask([["FINAL(['x'] * 300_000)"]]).text) <= 100_000


def test_the_name_of_the_variable_is_recorded(ask: Ask) -> None:
    finished = ask([["found = [1]\nFINAL_VAR('found')"]]).events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.answer_name == "found"


def test_steps_and_code_tell_what_was_done(ask: Ask) -> None:
    result = ask([["a = 1", "a"], "Hm.", ["1 / 0"], ["b = llm_query('?')\nFINAL(b)"]])
    assert [step.number for step in result.steps] == [1, 2, 3, 4]
    assert [step.code for step in result.steps] == [
        "a = 1\n\na",
        "",
        "1 / 0",
        "b = llm_query('?')\nFINAL(b)",
    ]
    assert result.steps[0].output == "\n1\n"
    assert result.steps[1].reply == "Hm."
    assert [step.sub_calls for step in result.steps] == [0, 0, 0, 1]
    assert result.code == "a = 1\n\na\n\nb = llm_query('?')\nFINAL(b)"


def test_usage_counts_calls_and_tokens_as_the_provider_reports_them(ask: Ask) -> None:
    ask.server.rule(
        "ok", "x", usage={"prompt_tokens": 5, "completion_tokens": 2, "cached_tokens": 3}
    )
    ask.server.rule("bad", status=400)
    reply = {
        "content": "```repl\nr = llm_query_batched(['ok', 'bad', 'ok too'])\n```",
        "usage": {"prompt_tokens": 1_000, "completion_tokens": 10, "cached_tokens": 0},
    }
    last = {"content": "FINAL(1)", "usage": {"prompt_tokens": 1_100, "completion_tokens": 4}}
    usage = ask([reply, last]).usage
    assert (usage.calls, usage.failed_calls) == (4, 1)
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (2_110, 6, 18)
    assert (usage.root_input_tokens, usage.tokens) == (2_100, 2_128)
    assert usage.usd is None


def test_a_known_price_is_added_up(ask: Ask) -> None:
    ask.server.script([{"content": "FINAL(1)", "usage": {"prompt_tokens": 1_000_000}}])
    rlm = RLM("openai/gpt-4o-mini", api_base=ask.server.url, api_key="test")
    usd = rlm.completion("?").usage.usd
    assert usd is not None
    assert 0.1 < usd < 1.0


def test_an_answer_passes_raise_for_status_and_none_does_not(ask: Ask) -> None:
    result = ask([["FINAL(0)"]])
    assert result.raise_for_status() is result
    fallback = ask([["a = 1"], "FINAL(guess)"], max_steps=1)
    assert fallback.raise_for_status().text == "guess"
    failed = ask([{"content": "down", "status": 500}], retries=0)
    with pytest.raises(RLMError, match="down"):
        failed.raise_for_status()


def test_the_question_and_the_trace_are_at_hand(ask: Ask, trace_dir: Path) -> None:
    result = ask(["FINAL(1)"], " Which? ")
    assert result.question == "Which?"
    assert result.trace is not None
    assert result.trace.parent == trace_dir
    started = result.events[0]
    assert isinstance(started, RunStarted)
    assert started.run in result.trace.name


def test_the_trace_goes_where_it_is_told(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "new" / "my.jsonl"
    assert ask(["FINAL(1)"], trace=file).trace == file
    assert len(file.read_text().splitlines()) == 4
    assert ask(["FINAL(1)"], trace=tmp_path).trace in set(tmp_path.iterdir())


def test_a_trace_that_cannot_be_written_is_refused_before_anything_is_called(
    ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        ConfigurationError, match=r"The trace can't be written to .*: choose another path"
    ):
        ask([], trace=tmp_path / "file" / "trace.jsonl")
    assert ask.server.counts()["received"] == 0


def test_printed_it_is_the_answer_and_a_line_of_figures(ask: Ask) -> None:
    result = ask([["a = llm_query('?')"], ["FINAL('the answer')"]])
    assert repr(result) == "<Result answered: 'the answer'>"
    answer, figures = str(result).splitlines()
    assert answer == "the answer"
    assert figures.startswith("[answered · 2 steps · 1 sub-call · ")
    assert figures.endswith(" tokens · price unknown]")


def test_empty_replies_are_no_sub_calls(ask: Ask) -> None:
    assert "1 step · 0 sub-calls" in str(ask(["", "FINAL(1)"]))


def test_without_an_answer_it_says_why(ask: Ask) -> None:
    result = ask([{"content": "out of order", "status": 500}], retries=0)
    assert repr(result) == f"<Result failed: {result.error}>"
    lines = str(result).splitlines()
    assert "out of order" in lines[0]
    assert lines[1].startswith("[failed · ")


def test_a_notebook_shows_text_and_escaped_html(ask: Ask) -> None:
    evil = "<script>alert('x')</script>"
    ask.server.rule("?", evil)
    code = f"print({evil!r})\nx = llm_query('?')\n1 / 0"
    result = ask([[code], f"prose {evil}", [f"FINAL('&' + {evil!r})"]], f"Is {evil} safe?")
    bundle = result._repr_mimebundle_()
    assert bundle["text/plain"] == str(result)
    html = bundle["text/html"]
    assert "<script" not in html
    assert "<p>&amp;&lt;script&gt;alert('x')&lt;/script&gt;</p>" in html
    assert "<summary>Step 1 · 1 sub-call · raised</summary>" in html
    assert html.count("<details") == html.count("</details>") == 5


def test_results_are_told_apart_by_identity(ask: Ask) -> None:
    frame = pd.DataFrame({"a": [1]})
    first, second = (ask([["FINAL(context)"]], context=frame) for _ in range(2))
    assert first == first
    assert first != second
    assert len({first, second}) == 2
