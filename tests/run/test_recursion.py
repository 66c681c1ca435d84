"""Child runs: `rlm_query` and `rlm_query_batched`."""

from __future__ import annotations

import asyncio

import pytest

from rlm_magic import RLM, Approve
from rlm_magic.events import (
    BatchStarted,
    CodeExecuted,
    RunFinished,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
)
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI


def recursive(server: FakeOpenAI, **options: object) -> RLM:
    """An engine that allows one level of child runs; their model is `child`."""
    return engine(server, **{"sub_model": "openai/child", "max_depth": 2} | options)


def parent(server: FakeOpenAI, *codes: str) -> None:
    server.script([repl(code) for code in codes], model="scripted")


def child(server: FakeOpenAI, *codes: str) -> None:
    server.script([repl(code) for code in codes], model="child")


def test_at_the_depth_limit_rlm_query_is_a_plain_sub_call_and_the_trace_says_so(
    server: FakeOpenAI,
) -> None:
    parent(server, "FINAL([rlm_query('why?', 'because'), *rlm_query_batched(['x'], [[1, 2]])])")
    result = engine(server, sub_model="openai/child").completion("q")
    first, second = server.sub_requests()
    assert first.messages == [{"role": "user", "content": "why?\n\nContext:\nbecause"}]
    assert second.prompt == "x\n\nContext:\n[1, 2]"
    assert [request.model for request in (first, second)] == ["child", "child"]
    assert [event.at_limit for event in of(result, SubCallStarted)] == [True, True]
    assert len(of(result, RunStarted)) == 1


def test_llm_query_is_not_marked_as_at_the_limit(server: FakeOpenAI) -> None:
    parent(server, "FINAL(llm_query('x'))")
    result = engine(server).completion("q")
    assert [event.at_limit for event in of(result, SubCallStarted)] == [False]


def test_a_child_run_has_a_prompt_and_a_model_of_its_own(server: FakeOpenAI) -> None:
    parent(server, "FINAL(rlm_query('the part', 'its text'))")
    child(server, "FINAL(context + '!')")
    result = recursive(server).completion("the whole", "all the text")
    assert result.answer == "its text!"
    [request] = [request for request in server.root_requests() if request.model == "child"]
    assert request.messages[0]["content"].startswith("You are the root model of a Recursive")
    assert "Question:\nthe part\n" in request.prompt
    assert "its text" in request.prompt
    assert "the whole" not in str(request.messages)
    assert "all the text" not in str(request.messages)


def test_model_says_otherwise(server: FakeOpenAI) -> None:
    parent(server, "FINAL(rlm_query('x', model='openai/scripted'))", "FINAL('from the root')")
    result = recursive(server).completion("q")
    assert result.answer == "from the root"
    assert [request.model for request in server.root_requests()] == ["scripted", "scripted"]


def test_a_child_run_sees_only_the_context_it_was_given(server: FakeOpenAI) -> None:
    parent(server, "secret = 1\nFINAL(rlm_query('x', {'a': 1}))")
    child(server, "FINAL(sorted(n for n in globals() if not n.startswith('__')))")
    names = recursive(server).completion("q", namespace={"mine": 1, "df": 2}).answer
    assert "context" in names
    assert {"secret", "mine", "df"}.isdisjoint(names)


def test_without_a_context_a_child_run_has_none(server: FakeOpenAI) -> None:
    parent(server, "FINAL(rlm_query('x'))")
    child(server, "FINAL('context' in globals())")
    assert recursive(server).completion("q", "the whole").answer is False


def test_a_context_is_passed_by_reference_and_any_object_comes_back(server: FakeOpenAI) -> None:
    parent(server, "given = [1]\ngot = rlm_query('x', given)\nFINAL((given is got[0], got[1]))")
    child(server, "FINAL((context, {'a': {1, 2}}))")
    assert recursive(server).completion("q").answer == (True, {"a": {1, 2}})


@pytest.mark.parametrize("value", ["0", "False", "[]", "object"])
def test_false_answers_of_a_child_run_are_answers(server: FakeOpenAI, value: str) -> None:
    parent(server, f"FINAL(rlm_query('x') == {value})")
    child(server, f"FINAL({value})")
    assert recursive(server).completion("q").answer is True


def test_what_a_child_binds_and_finishes_stays_with_it(server: FakeOpenAI) -> None:
    parent(server, "x = 1\nrlm_query('x')\nprint(x, 'y' in globals())", "FINAL('mine')")
    child(server, "x = 2\ny = 3\nanswer['content'] = 'child'\nanswer['ready'] = True")
    result = recursive(server).completion("q")
    assert result.answer == "mine"
    assert "1 False" in server.root_requests()[-1].prompt


def test_prints_of_a_child_do_not_mix_with_the_output_of_its_parent(
    server: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    parent(server, "print('before')\nx = rlm_query_batched(['x', 'y'])\nprint('after')", "FINAL(1)")
    child(server, *["print('from the child')\nllm_query('hi')\nprint('again')"] * 2)
    child(server, *["FINAL(2)"] * 2)
    result = recursive(server).completion("q")
    root = result.events[0].run
    blocks = of(result, CodeExecuted)
    assert [e.output for e in blocks if e.run == root] == ["before\nafter\n", ""]
    assert {e.output for e in blocks if e.run != root} == {"from the child\nagain\n", ""}
    assert "from the child" not in server.root_requests()[-1].prompt
    assert capsys.readouterr().out == ""


def test_a_child_run_that_fails_leaves_a_marked_text_and_the_others_are_intact(
    server: FakeOpenAI,
) -> None:
    parent(server, "FINAL(rlm_query_batched(['good', 'bad', 'good']))")
    child(server, *["FINAL(SHOW_VARS() and 1) if 0 else FINAL(1)"] * 2)
    result = recursive(server).completion("q")
    answers = result.answer
    assert answers.count(1) == 2
    [failed] = [answer for answer in answers if answer != 1]
    assert failed.startswith("[call failed] ")
    assert "the script is exhausted" in failed
    assert result.status == "answered"


def test_a_child_run_at_its_step_limit_gives_its_best_answer(server: FakeOpenAI) -> None:
    parent(server, "FINAL(rlm_query('x'))")
    server.script([repl("x = 1"), "FINAL(a guess)"], model="child")
    assert recursive(server, max_steps=1).completion("q").answer == "a guess"


async def test_child_runs_of_a_batch_are_in_flight_together_and_keep_their_order(
    server: FakeOpenAI,
) -> None:
    parent(server, "FINAL(rlm_query_batched(['a', 'b'], ['first', 'second']))")
    held = {"content": repl("FINAL(context)"), "hold": "gate"}
    server.script([held, held], model="child")
    running = asyncio.create_task(recursive(server).acompletion("q"))
    await server.async_wait_for(held=2)
    server.open("gate")
    result = await running
    assert result.answer == ["first", "second"]
    assert [(b.calls, b.children) for b in of(result, BatchStarted)] == [(2, True)]


@pytest.mark.parametrize("max_depth", [1, 2])
def test_mismatched_contexts_are_refused_and_nothing_sent(
    server: FakeOpenAI, max_depth: int
) -> None:
    parent(server, "rlm_query_batched(['a', 'b'], ['one'])", "FINAL(1)")
    engine(server, sub_model="openai/child", max_depth=max_depth).completion("q")
    assert "got 2 questions and 1 contexts" in server.root_requests()[1].prompt
    assert [request.model for request in server.requests()] == ["scripted", "scripted"]


def test_depth_counts_levels(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(rlm_query('deeper', 1))")] * 3)
    server.rule("deeper", "the ground")
    result = engine(server, max_depth=3).completion("q")
    assert result.answer == "the ground"
    assert [event.depth for event in of(result, RunStarted)] == [0, 1, 2]
    assert [event.at_limit for event in of(result, SubCallStarted)] == [True]
    runs = [event.run for event in of(result, RunStarted)]
    assert [event.parent for event in of(result, RunStarted)] == [None, *runs[:2]]
    assert [event.parent_step for event in of(result, RunStarted)] == [None, 1, 1]


def test_the_prompt_tells_a_model_whether_it_can_start_child_runs(server: FakeOpenAI) -> None:
    parent(server, "FINAL(rlm_query('x'))")
    child(server, "FINAL(1)")
    recursive(server).completion("q")
    above, below = [request.messages[0]["content"] for request in server.root_requests()]
    assert "a whole child run" in above
    assert "a whole child run" not in below


def test_the_environment_does_not_raise_the_depth(
    server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RLM_MAX_DEPTH", "RLM_DEPTH", "MAX_DEPTH"):
        monkeypatch.setenv(name, "5")
    parent(server, "FINAL(rlm_query('x'))")
    assert engine(server).completion("q").answer == "echo: x"


@pytest.mark.parametrize(
    "attempt",
    [
        "max_depth = depth = 5",
        "import os; os.environ['RLM_MAX_DEPTH'] = '5'",
        "rlm_query.max_depth = 5",
        "llm_query.__self__._tree.limits.max_depth = 5",
    ],
)
def test_generated_code_does_not_raise_the_depth(server: FakeOpenAI, attempt: str) -> None:
    code = f"""
    try:
        {attempt}
    except Exception as error:
        print(type(error))
    try:
        rlm_query('x', max_depth=5)
    except TypeError:
        FINAL(rlm_query('x'))
    """
    parent(server, code)
    result = engine(server).completion("q")
    assert result.answer == "echo: x"
    assert [event.at_limit for event in of(result, SubCallStarted)] == [True]


IN_A_POOL = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    FINAL(list(pool.map(rlm_query, ['a', 'b'], ['first', 'second'])))
"""


def test_child_runs_work_in_a_pool_of_threads(server: FakeOpenAI) -> None:
    parent(server, IN_A_POOL)
    child(server, *["print('hi')\nFINAL(llm_query(context))"] * 2)
    result = recursive(server).completion("q")
    assert result.answer == ["echo: first", "echo: second"]
    assert {event.output for event in of(result, CodeExecuted)} == {"hi\n", ""}


def test_where_approval_may_be_needed_a_thread_is_refused(server: FakeOpenAI) -> None:
    parent(server, IN_A_POOL, "FINAL('done')")
    result = recursive(server, approve=lambda _: Approve()).completion("q")
    assert result.answer == "done"
    observed = server.root_requests()[1].prompt
    assert "call rlm_query_batched(questions, contexts) instead of using threads" in observed
    assert [request.model for request in server.requests()] == ["scripted", "scripted"]


def test_after_approve_all_a_thread_is_allowed(server: FakeOpenAI) -> None:
    parent(server, IN_A_POOL)
    child(server, *["FINAL(context)"] * 2)
    result = recursive(server, approve=lambda _: Approve(rest=True)).completion("q")
    assert result.answer == ["first", "second"]


def test_a_task_of_generated_code_can_start_child_runs(server: FakeOpenAI) -> None:
    code = """
    import asyncio
    async def ask(context):
        return rlm_query('x', context)
    FINAL(await asyncio.gather(ask(1), ask(2)))
    """
    parent(server, code)
    child(server, *["FINAL(context)"] * 2)
    assert recursive(server).completion("q").answer == [1, 2]


def test_every_run_of_a_tree_begins_and_ends_in_the_trace(server: FakeOpenAI) -> None:
    parent(server, "FINAL(rlm_query_batched(['a', 'b']))")
    child(server, *["llm_query('x')\nFINAL(1)"] * 2)
    result = recursive(server).completion("q")
    started = [event.run for event in of(result, RunStarted)]
    finished = [event.run for event in of(result, RunFinished)]
    assert sorted(started) == sorted(finished)
    assert started[0] == finished[-1]
    assert {event.run for event in of(result, SubCallFinished)} == set(started[1:])
