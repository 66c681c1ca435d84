"""A batch above a person's threshold: when they are asked, and what each answer does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import Approve, Budget, Proposal, Reject, Result, Stop
from rlm_magic.approval.decisions import Decision
from rlm_magic.events import BatchStarted, CodeProposed, RunStarted, SpendDecided, SpendProposed
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

BATCH = "FINAL(llm_query_batched([f'p{i}' for i in range(4)]))"
ANSWER = [f"echo: p{i}" for i in range(4)]
TELL = """
from rlm_magic import BudgetError
try:
    llm_query_batched(list("abcd"))
except BudgetError as error:
    FINAL(str(error))
"""
WHAT = "4 calls to openai/scripted, about 1,204 tokens, price unknown"
PRICES = {"openai/scripted": {"input": 1_000, "output": 1_000}}


class Person:
    """Approves all code, and answers questions about spending in turn."""

    def __init__(self, *answers: Decision) -> None:
        self.asked: list[Proposal] = []
        self._answers = list(answers)

    def __call__(self, proposal: Proposal) -> Decision:
        if proposal.estimate is None:
            return Approve()
        self.asked.append(proposal)
        return self._answers.pop(0)


def nobody(proposal: Proposal) -> Any:
    raise AssertionError(f"nobody is to be asked: {proposal}")


def nobody_but_code(proposal: Proposal) -> Any:
    return Approve() if proposal.estimate is None else nobody(proposal)


def ask(
    server: FakeOpenAI,
    code: str,
    person: Callable[[Proposal], Any],
    mode: Any = "risky",
    **options: Any,
) -> Result:
    server.script([repl(code)])
    return engine(server, approve=mode, ask=person, **options).completion("q")


@pytest.mark.parametrize("mode", ["always", "risky"])
def test_a_person_is_asked_even_about_a_batch_of_harmless_code(
    server: FakeOpenAI, mode: str
) -> None:
    person = Person(Approve())
    result = ask(server, BATCH, person, mode, confirm_calls=3)
    assert result.answer == ANSWER
    [proposal] = person.asked
    assert proposal.estimate is not None
    assert (proposal.estimate.calls, proposal.estimate.model) == (4, "openai/scripted")
    assert (proposal.code, proposal.question) == (BATCH, "q")
    [proposed], [decided] = of(result, SpendProposed), of(result, SpendDecided)
    assert (proposed.step, proposed.spend, proposed.calls, proposed.usd) == (1, 1, 4, None)
    assert proposed.tokens == proposal.estimate.tokens > 4 * 100
    assert (decided.spend, decided.decision, decided.rest) == (1, "approve", False)
    assert [it.asked for it in of(result, CodeProposed)] == [mode == "always"]


def test_nobody_is_asked_where_approval_is_never_wanted(server: FakeOpenAI) -> None:
    result = ask(server, BATCH, nobody, "never", confirm_calls=3)
    assert (result.answer, of(result, SpendProposed)) == (ANSWER, [])


@pytest.mark.parametrize("options", [{}, {"confirm_calls": 4}, {"confirm_usd": 0.01}])
def test_nobody_is_asked_below_the_thresholds_or_about_dollars_without_a_price(
    server: FakeOpenAI, options: dict[str, Any]
) -> None:
    assert ask(server, BATCH, nobody, **options).answer == ANSWER


@pytest.mark.parametrize(("threshold", "asked"), [(0.5, True), (50, False)])
def test_dollars_are_a_threshold_too(server: FakeOpenAI, threshold: float, asked: bool) -> None:
    person = Person(Approve())
    result = ask(server, BATCH, person, confirm_usd=threshold, prices=PRICES)
    assert result.answer == ANSWER
    assert [it.estimate is not None for it in person.asked] == [True] * asked
    assert [(it.usd or 0) > threshold for it in of(result, SpendProposed)] == [True] * asked


def test_a_limit_on_the_output_makes_the_estimate_smaller(server: FakeOpenAI) -> None:
    code = BATCH.replace("])", "], max_tokens=10)")
    result = ask(server, code, nobody, confirm_usd=0.5, prices=PRICES)
    assert result.answer == ANSWER


def test_equal_prompts_count_once(server: FakeOpenAI) -> None:
    code = "FINAL(llm_query_batched(['a'] * 50))"
    assert ask(server, code, nobody, confirm_calls=3).answer == ["echo: a"] * 50


def test_each_batch_is_asked_about_and_nothing_is_sent_before(server: FakeOpenAI) -> None:
    sent: list[int] = []

    class Watching(Person):
        def __call__(self, proposal: Proposal) -> Decision:
            sent.append(len(server.sub_requests()))
            return super().__call__(proposal)

    code = f"llm_query_batched(list('abcd'))\n{BATCH}"
    person = Watching(Approve(), Approve())
    result = ask(server, code, person, confirm_calls=3)
    assert result.answer == ANSWER
    assert sent == [0, 4]
    assert [it.spend for it in of(result, SpendProposed)] == [1, 2]


def test_who_approves_the_rest_is_asked_no_more(server: FakeOpenAI) -> None:
    code = f"llm_query_batched(list('abcd'))\n{BATCH}"
    person = Person(Approve(rest=True))
    result = ask(server, code, person, confirm_calls=3)
    assert result.answer == ANSWER
    assert [it.rest for it in of(result, SpendDecided)] == [True]


def test_who_approves_all_code_is_still_asked_about_calls(server: FakeOpenAI) -> None:
    asked: list[bool] = []

    def approve(proposal: Proposal) -> Decision:
        asked.append(proposal.estimate is not None)
        return Approve(rest=True)

    server.script([repl("x = 1"), repl("llm_query_batched(list('abcd'))"), repl(BATCH)])
    result = engine(server, approve=approve, confirm_calls=3).completion("q")
    assert result.answer == ANSWER
    assert asked == [False, True]


def test_who_approves_all_calls_still_sees_the_code(server: FakeOpenAI) -> None:
    asked: list[bool] = []

    def approve(proposal: Proposal) -> Decision:
        asked.append(proposal.estimate is not None)
        return Approve(rest=proposal.estimate is not None)

    server.script([repl("llm_query_batched(list('abcd'))"), repl(BATCH)])
    result = engine(server, approve=approve, confirm_calls=3).completion("q")
    assert result.answer == ANSWER
    assert asked == [False, True, False]


def child_runs(server: FakeOpenAI, code: str, child: str, person: Any, **options: Any) -> Result:
    server.script([repl(code)], model="scripted")
    server.script([repl(child)] * 4, model="child")
    rlm = engine(
        server, approve="risky", ask=person, sub_model="openai/child", max_depth=2, **options
    )
    return rlm.completion("q")


def test_child_runs_that_ask_at_once_are_approved_by_one_answer(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    person = Person(Approve(rest=True))
    code = "FINAL(rlm_query_batched(['a', 'b', 'c']))"
    options: dict[str, Any] = {"cache": "on", "store": tmp_path / "store.db"}
    result = child_runs(server, code, BATCH, person, confirm_calls=3, **options)
    assert result.answer == [ANSWER] * 3
    assert len(person.asked) == 1


def test_who_is_asked_in_the_place_of_another_is_asked_only_what_is_still_open(
    server: FakeOpenAI,
) -> None:
    person = Person(Approve(rest=True))

    all_asked = asyncio.Barrier(3)

    async def hand_on(proposal: Proposal) -> Any:
        await all_asked.wait()
        return person

    code = "FINAL(rlm_query_batched(['a', 'b', 'c']))"
    result = child_runs(server, code, BATCH, hand_on, confirm_calls=3)
    assert result.answer == [ANSWER] * 3
    assert len(person.asked) == 1


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("rlm_query_batched(list('abcd'))", {"confirm_calls": 3}),
        (
            "rlm_query('a', 'b' * 4_000)",
            {"confirm_usd": 1, "prices": {"openai/child": {"input": 1_000, "output": 1}}},
        ),
    ],
)
def test_child_runs_begin_once_a_person_said_yes(
    server: FakeOpenAI, code: str, options: dict[str, Any]
) -> None:
    begun: list[int] = []

    class Watching(Person):
        def __call__(self, proposal: Proposal) -> Decision:
            begun.append(len(server.requests()))
            return super().__call__(proposal)

    person = Watching(Approve())
    result = child_runs(server, f"FINAL({code})", "FINAL(1)", person, **options)
    assert result.answer in (1, [1] * 4)
    [proposal] = person.asked
    [proposed] = of(result, SpendProposed)
    assert proposal.estimate is not None
    assert proposal.estimate.model == proposed.model == "openai/child"
    assert proposal.estimate.calls == (4 if "batched" in code else 1)
    assert begun == [1]


def test_child_runs_that_are_declined_do_not_begin(server: FakeOpenAI) -> None:
    code = TELL.replace("llm_query", "rlm_query")
    result = child_runs(server, code, "FINAL(1)", Person(Reject("no")), confirm_calls=3)
    assert str(result.answer).startswith(
        "The person declined what this would send (4 calls to openai/child, "
    )
    assert of(result, BatchStarted) == []
    assert len(of(result, RunStarted)) == len(server.requests()) == 1


def test_a_replay_asks_nobody_about_child_runs(server: FakeOpenAI, tmp_path: Path) -> None:
    options: dict[str, Any] = {"store": tmp_path / "store.db", "confirm_calls": 3}
    code = "FINAL(rlm_query_batched(list('abcd')))"
    child_runs(server, code, "FINAL(1)", Person(Approve()), cache="on", **options)
    result = child_runs(server, code, "FINAL(1)", nobody, cache="replay", **options)
    assert result.answer == [1] * 4


def test_one_call_that_is_declined_is_told_as_one(server: FakeOpenAI) -> None:
    code = TELL.replace('llm_query_batched(list("abcd"))', 'llm_query("a" * 4_000)')
    result = ask(server, code, Person(Reject()), confirm_usd=0.01, prices=PRICES)
    assert result.answer == (
        "The person declined what this would send (1 call to openai/scripted, about 1,300 tokens, "
        "$1.30), so nothing was sent: ask less, or do without."
    )


def test_a_note_reaches_the_code_and_nothing_is_sent(server: FakeOpenAI) -> None:
    result = ask(server, TELL, Person(Reject("first ten only")), confirm_calls=3)
    assert result.answer == (
        f"The person declined what this would send ({WHAT}), so nothing was sent: ask less, or "
        "do without. They said: first ten only"
    )
    assert server.sub_requests() == []
    [decided] = of(result, SpendDecided)
    assert (decided.decision, decided.note) == ("reject", "first ten only")


def test_a_note_reaches_the_root_model_and_the_run_goes_on(server: FakeOpenAI) -> None:
    server.script([repl(BATCH), repl("FINAL(llm_query('p0'))")])
    person = Person(Reject("one is enough"))
    rlm = engine(server, approve="risky", ask=person, confirm_calls=3)
    assert rlm.completion("q").answer == "echo: p0"
    told = server.root_requests()[1].prompt
    assert f"The person declined what this would send ({WHAT})" in told
    assert "one is enough" in told


def test_what_was_declined_costs_nothing_of_the_budget(server: FakeOpenAI) -> None:
    code = TELL.replace("FINAL(str(error))", "FINAL(llm_query_batched(list('efg')))")
    person = Person(Reject())
    result = ask(server, code, person, confirm_calls=3, budget=Budget(calls=4))
    assert result.answer == ["echo: e", "echo: f", "echo: g"]


def test_stopping_ends_the_run_whatever_the_code_makes_of_it(server: FakeOpenAI) -> None:
    code = f"try:\n    {BATCH}\nexcept BaseException:\n    FINAL('went on')"
    result = ask(server, code, Person(Stop()), confirm_calls=3)
    assert (result.status, result.answer) == ("stopped", None)
    assert server.sub_requests() == []
    assert [it.decision for it in of(result, SpendDecided)] == ["stop"]


def test_what_the_store_holds_is_not_counted(server: FakeOpenAI, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "confirm_calls": 3,
        "cache": "on",
        "store": tmp_path / "store.db",
    }
    ask(server, BATCH, Person(Approve()), **options)
    server.script([repl(BATCH.replace("range(4)", "range(7)"))])
    result = engine(server, approve="risky", ask=nobody, **options).completion("another")
    assert result.answer == [f"echo: p{i}" for i in range(7)]

    person = Person(Approve())
    server.script([repl(BATCH.replace("range(4)", "range(11)"))])
    engine(server, approve="risky", ask=person, **options).completion("a third")
    assert [it.estimate and it.estimate.calls for it in person.asked] == [4]


def test_in_a_replay_nothing_is_sent_so_nobody_is_asked(server: FakeOpenAI, tmp_path: Path) -> None:
    options: dict[str, Any] = {"confirm_calls": 3, "store": tmp_path / "store.db"}
    ask(server, BATCH, Person(Approve()), cache="on", **options)
    rlm = engine(server, approve="risky", ask=nobody, cache="replay", **options)
    assert rlm.completion("q").answer == ANSWER


def test_a_replay_that_lacks_replies_asks_nobody(
    server: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNT", "2")
    options: dict[str, Any] = {"confirm_calls": 3, "store": tmp_path / "store.db"}
    code = BATCH.replace("range(4)", "range(int(os.environ['COUNT']))")
    ask(server, f"import os\n{code}", nobody_but_code, cache="on", **options)
    monkeypatch.setenv("COUNT", "9")
    rlm = engine(server, approve="risky", ask=nobody_but_code, cache="replay", **options)
    result = rlm.completion("q")
    assert result.status == "failed"
    assert "The store holds no reply to a sub-call of step 1" in (result.error or "")


@pytest.mark.parametrize(
    "call",
    [
        "ThreadPoolExecutor(1).submit(llm_query_batched, list('abcd')).result()",
        "await asyncio.to_thread(llm_query_batched, list('abcd'))",
    ],
)
def test_from_a_thread_it_is_refused_with_a_sentence(server: FakeOpenAI, call: str) -> None:
    code = f"""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    try:
        {call}
    except Exception as error:
        FINAL(f"{{type(error).__name__}}: {{error}}")
    """
    result = ask(server, code, nobody_but_code, confirm_calls=3)
    assert result.answer == (
        f"ApprovalError: This needs a person's yes ({WHAT}), and nobody can be asked from a "
        "thread: call the helper in the code itself."
    )
    assert server.sub_requests() == []


def test_an_async_approver_and_one_of_the_run_itself_decide_too(server: FakeOpenAI) -> None:
    async def approve(proposal: Proposal) -> Decision:
        return Approve() if proposal.estimate is None else Reject("later")

    server.script([repl(TELL)])
    result = engine(server, approve=approve, confirm_calls=3).completion("q")
    assert "They said: later" in result.answer


def test_a_child_run_asks_the_same_person(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(rlm_query('x'))")], model="scripted")
    server.script([repl(BATCH)], model="child")
    person = Person(Approve())
    rlm = engine(
        server,
        approve="risky",
        ask=person,
        confirm_calls=3,
        sub_model="openai/child",
        max_depth=2,
    )
    assert rlm.completion("q").answer == ANSWER
    assert [it.depth for it in person.asked] == [1]
