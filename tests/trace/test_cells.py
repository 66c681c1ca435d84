"""The code of a run as cells: they run again without a model, and give the same answer."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import RLM, Result
from rlm_magic.trace.cells import cells_of, setup_cell
from rlm_magic.trace.record import RECORD, record_bundle
from tests.engine import engine
from tests.run.scripted import Ask, cell
from tests.servers.client import FakeOpenAI


def run_again(cells: tuple[str, ...], **variables: Any) -> list[Any]:
    """Run the cells in a fresh namespace that has a notebook's `display`: return what is shown."""
    shown: list[Any] = []
    namespace = {"display": shown.append, **variables}
    for code in cells:
        exec(compile(code, "<cell>", "exec"), namespace)
    return shown


@pytest.fixture
def ask(server: FakeOpenAI) -> Ask:
    return Ask(server)


async def chosen(ask: Ask, replies: list[list[str]], names: list[str], **variables: Any) -> Result:
    """The result of a run about variables that were chosen by name, as `-c` does it."""
    ask.server.script([cell(*blocks) for blocks in replies])
    values = [variables[name] for name in names]
    context = values[0] if len(names) == 1 else dict(zip(names, values, strict=True))
    return await ask.rlm().acompletion("Why?", context, namespace=dict(variables), described=names)


def test_without_sub_calls_they_need_nothing_but_the_data(ask: Ask) -> None:
    replies = [["total = sum(values)"], ["print(total)"], ["FINAL(total * 2)"]]
    result = ask(replies, "How much\nis it?", namespace={"values": [1, 2, 3]})
    cells = cells_of(result.events, result.trace or "")
    assert cells == (
        "# How much is it?\nFINAL = display",
        "total = sum(values)",
        "print(total)",
        "FINAL(total * 2)",
    )
    assert run_again(cells, values=[1, 2, 3]) == [result.answer]


@pytest.mark.parametrize(
    "finish",
    [
        "FINAL(replies)",
        "FINAL_VAR('replies')",
        "answer['content'] = replies\nanswer['ready'] = True\nprint(answer['content'])",
    ],
)
def test_with_sub_calls_they_get_the_recorded_replies(
    ask: Ask, capsys: pytest.CaptureFixture[str], finish: str
) -> None:
    ask.server.rule("bad", status=500)
    code = "replies = llm_query_batched([f'About {v}' for v in values] + ['bad'])"
    result = ask([[code], [finish]], namespace={"values": [3, 1, 2]}, retries=0)
    asked = ask.server.counts()["received"]
    capsys.readouterr()
    run_again(cells_of(result.events, result.trace or ""), values=[3, 1, 2])
    assert capsys.readouterr().out == f"{result.answer}\n"
    assert ask.server.counts()["received"] == asked


def test_the_offline_model_s_code_gives_the_same_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tickets = [f"ticket {n}: the app is {'great' if n % 2 else 'broken'}" for n in range(20)]
    question = "Is each ticket a complaint or praise?"
    result = RLM().completion(question, namespace={"tickets": tickets})
    assert result.usage.calls > len(result.steps)
    cells = cells_of(result.events, result.trace or "")
    capsys.readouterr()
    run_again(cells, tickets=tickets)
    assert capsys.readouterr().out.endswith(f"{result.answer}\n")


def test_blocks_that_raised_or_never_ran_are_left_out(ask: Ask) -> None:
    result = ask([["1 / 0"], ["import os, nothing"], ["FINAL(1)"]])
    assert cells_of(result.events)[1:] == ("FINAL(1)",)
    assert cells_of(ask(["FINAL(no code)"]).events) == ()
    assert setup_cell(ask(["FINAL(no code)"]).events) == ""


async def test_one_chosen_variable_is_the_context(ask: Ask) -> None:
    result = await chosen(ask, [["FINAL(len(context))"]], ["rows"], rows=[1, 2], other=3)
    cells = cells_of(result.events)
    assert "context = rows" in cells[0].splitlines()
    assert run_again(cells, rows=[1, 2]) == [2]


async def test_several_chosen_variables_are_a_mapping(ask: Ask) -> None:
    result = await chosen(ask, [["FINAL(sorted(context))"]], ["rows", "n"], rows=[1, 2], n=3)
    cells = cells_of(result.events)
    assert 'context = {"rows": rows, "n": n}' in cells[0].splitlines()
    assert run_again(cells, rows=[1, 2], n=3) == [["n", "rows"]]


async def test_a_variable_that_is_called_context_stays(ask: Ask) -> None:
    result = await chosen(ask, [["FINAL(context)"]], ["context"], context="c")
    assert cells_of(result.events)[0] == "# Why?\nFINAL = display"


def test_of_all_variables_the_context_has_those_that_the_code_takes(ask: Ask) -> None:
    code = "FINAL(context['rows'] + context['more'])"
    result = ask([[code]], namespace={"rows": [1], "more": [2], "other": 3})
    cells = cells_of(result.events)
    assert 'context = {"rows": rows, "more": more}' in cells[0].splitlines()
    assert run_again(cells, rows=[1], more=[2]) == [[1, 2]]


def test_a_context_without_a_name_is_to_be_set(ask: Ask) -> None:
    result = ask([["FINAL(context['rows'])"]], context={"rows": [1]})
    cells = cells_of(result.events)
    assert "# Set `context`" in cells[0]
    assert "context =" not in cells[0]
    assert run_again(cells, context={"rows": [1]}) == [[1]]


@pytest.mark.parametrize("code", ["context = 'mine'\nFINAL(context)", "llm_query = len\nFINAL(1)"])
def test_what_the_code_sets_itself_is_not_set_up(ask: Ask, code: str) -> None:
    assert cells_of(ask([[code]]).events)[0] == "# What is it?\nFINAL = display"


@pytest.mark.parametrize("question", ["a\nb\r\x0b\u2028import os\x85\x00", "x" * 1_000])
def test_the_question_stays_one_line_of_comment(ask: Ask, question: str) -> None:
    setup = setup_cell(ask([["x = 1"], ["FINAL(x)"]], question).events)
    assert len(ast.parse(setup).body) == 1
    assert len(setup) < 300


def test_the_path_of_the_trace_is_put_in_or_left_to_the_front_end(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "a \"quoted\" 'trace'.rlm.jsonl"
    result = ask([["FINAL(llm_query('q'))"]], trace=path)
    given = setup_cell(result.events, path)
    assert run_again((given, "assert llm_query('q') == 'echo: q'")) == []
    left = setup_cell(result.events)
    assert left.count('"{trace}"') == 1
    data, _ = record_bundle(result.events, trace=path)
    assert data[RECORD]["setup"] == left


def test_a_setup_sets_no_names_that_the_code_does_not_use(ask: Ask) -> None:
    setup = setup_cell(ask([["FINAL(llm_query('q'))"]]).events)
    nodes = ast.walk(ast.parse(setup))
    names = {it.id for it in nodes if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)}
    assert names == {"_recorded", "FINAL", "llm_query"}


def test_code_with_ipython_syntax_has_a_setup(ask: Ask) -> None:
    events = engine(ask.server).completion
    ask.server.script([cell("%time x = 1\n"), cell("x = 1\nFINAL(x)")])
    assert "FINAL = display" in setup_cell(events("q").events)
