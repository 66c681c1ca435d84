"""The root loop: what the root model is sent, turn by turn, and what becomes of its replies."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rlm_magic import Budget, RLMError
from rlm_magic.events import Notice, Observed, RootReplied, read_event
from tests.run.scripted import Ask, cell


def test_a_run_goes_from_description_to_code_to_output_to_the_answer(ask: Ask) -> None:
    result = ask(
        [["n = len(context)\nprint(n)"], ['FINAL(f"{n} words")']],
        "How many words?",
        ["one", "two", "three"],
    )
    assert (result.status, result.answer, result.error) == ("answered", "3 words", None)

    first, second = ask.server.root_requests()
    system, question = first.messages
    assert system["role"] == "system"
    assert system["content"].startswith(
        "You are the root model of a Recursive Language Model (RLM)."
    )
    assert question["role"] == "user"
    assert question["content"].startswith(
        "Question:\nHow many words?\n\nVariables in the namespace:\n- `context`: list[str], 3 items"
    )
    assert second.messages[2:] == [
        {"role": "assistant", "content": cell("n = len(context)\nprint(n)")},
        {"role": "user", "content": "Step 1 ran. Output (2 characters):\n3\n"},
    ]


def test_each_request_begins_with_the_messages_of_the_one_before(ask: Ask) -> None:
    ask(
        [["print(1)"], "Hm.", ["1 / 0"], ["x = 1", "y = 2"], "FINAL_VAR(nothing)", ["FINAL(x)"]],
    )
    messages = [request.messages for request in ask.server.root_requests()]
    assert len(messages) == 6
    for earlier, later in pairwise(messages):
        assert later[: len(earlier)] == earlier
        assert len(later) == len(earlier) + 2


def test_the_context_never_enters_the_prompt_of_the_root(ask: Ask) -> None:
    marker = "the-marker-deep-inside"
    filler = "nothing to see in this line of text\n" * 70_000
    context = filler + marker + filler
    assert len(context) > 5_000_000
    result = ask([["print(len(context))"], ["FINAL(len(context))"]], context=context)
    assert result.answer == len(context)
    for request in ask.server.root_requests():
        assert marker not in str(request.messages)
        assert len(str(request.messages)) < 20_000


def test_prose_alone_is_a_turn_and_gets_a_nudge(ask: Ask) -> None:
    result = ask(["I would look at the data first.", ["FINAL(1)"]])
    assert ask.told().startswith("Your reply held neither code nor a final answer.")
    assert [step.number for step in result.steps] == [1, 2]


def test_a_fence_of_another_language_is_answered_with_what_was_expected(ask: Ask) -> None:
    result = ask(["```sql\nSELECT 1\n```", ["FINAL(1)"]])
    assert result.answer == 1
    assert "Note: Only Python in a ```repl fence is run: ```sql was ignored." in ask.told()


def test_an_empty_reply_is_retried_with_the_same_messages(ask: Ask) -> None:
    result = ask(["", "<think>Hm.</think>", ["FINAL(1)"]])
    assert (result.status, result.answer) == ("answered", 1)
    sent = [request.messages for request in ask.server.root_requests()]
    assert sent[0] == sent[1] == sent[2]
    assert len(result.steps) == 1
    assert result.usage.calls == 3


def test_replies_that_stay_empty_are_reported(ask: Ask) -> None:
    result = ask(["", "  \n", ""])
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert result.error.startswith("openai/scripted returned an empty reply 3 times")


def test_several_blocks_run_in_order_and_each_has_its_paragraph(ask: Ask) -> None:
    ask([["a = 1\nprint('first', a)", "b = a + 1", "print('third', b)"], ["FINAL(b)"]])
    assert ask.told() == (
        "Step 1, block 1 ran. Output (8 characters):\nfirst 1\n\n\n"
        "Step 1, block 2 ran. No output. Newly bound: `b`.\n\n"
        "Step 1, block 3 ran. Output (8 characters):\nthird 2\n"
    )


def test_blocks_stop_at_the_first_that_raises(ask: Ask) -> None:
    result = ask([["a = 1", "missing", "a = 3"], ["FINAL(a)"]])
    assert result.answer == 1
    told = ask.told()
    assert "Step 1, block 2 raised an exception." in told
    assert "NameError: name 'missing' is not defined" in told
    assert told.endswith("Note: The blocks after block 2 were not run.")
    assert [len(step.blocks) for step in result.steps] == [2, 1]


def test_blocks_after_a_final_answer_are_not_run(ask: Ask) -> None:
    namespace: dict[str, object] = {}
    result = ask([["FINAL(1)", "after = True"]], namespace=namespace, keep="all")
    assert result.answer == 1
    assert "after" not in namespace


def test_invented_output_and_finals_beside_code_are_ignored_and_the_model_is_told(
    ask: Ask,
) -> None:
    invented = cell("print('real')") + "\n\n```output\ninvented\n```\n\nFINAL(invented)"
    result = ask([invented, ["FINAL('seen')"]])
    assert result.answer == "seen"
    told = ask.told()
    assert told.startswith("Step 1 ran. Output (5 characters):\nreal\n")
    assert "Note: Output that you wrote yourself was ignored" in told
    assert "Note: FINAL outside of the code was ignored" in told


def test_what_goes_back_to_the_model_is_an_event_word_for_word(ask: Ask) -> None:
    result = ask([["print(1)"], "prose", ["FINAL(1)"]])
    observed = [event.text for event in result.events if isinstance(event, Observed)]
    assert observed == [ask.told(1), ask.told(2)]


LAST = "This is the last request: "


def test_the_limit_of_steps_ends_in_one_last_request(ask: Ask) -> None:
    result = ask([["a = 1"], ["a = 2"], "FINAL(about two)"], max_steps=2)
    assert (result.status, result.answer) == ("fallback", "about two")
    assert result.error == "Ended before it was done: the limit of 2 steps is reached."
    last = ask.server.root_requests()[-1].messages
    assert last[-2]["content"] == "Step 2 ran. No output. Newly bound: `a`."
    assert last[-1]["content"].startswith(f"{LAST}the limit of 2 steps is reached.")
    assert ask.server.counts()["script_left"] == 0


def test_consecutive_failures_end_in_one_last_request(ask: Ask) -> None:
    result = ask([["1 / 0"], "prose", ["missing"], "FINAL(unknown)"], max_errors=3)
    assert (result.status, result.answer) == ("fallback", "unknown")
    assert ask.told(3).startswith(f"{LAST}3 steps in a row failed.")


def test_a_step_that_works_resets_the_count_of_failures(ask: Ask) -> None:
    result = ask(
        [["1 / 0"], ["ok = 1"], ["1 / 0"], ["ok = 2"], ["1 / 0"], ["FINAL(ok)"]], max_errors=2
    )
    assert (result.status, result.answer) == ("answered", 2)


def test_no_step_begins_after_the_limit_of_seconds(ask: Ask) -> None:
    result = ask(["FINAL(too early to say)"], max_seconds=1e-9)
    assert (result.status, result.answer) == ("fallback", "too early to say")
    [request] = ask.server.root_requests()
    assert request.messages[-1]["content"].startswith(f"{LAST}the limit of 1e-09 seconds")


def test_the_last_answer_may_name_a_variable(ask: Ask) -> None:
    result = ask([["found = [1, 2]"], "FINAL_VAR(found)"], max_steps=1)
    assert (result.status, result.answer) == ("fallback", [1, 2])


def test_without_a_final_the_words_of_the_last_reply_are_the_answer(ask: Ask) -> None:
    result = ask([["a = 1"], "Probably **Paris**."], max_steps=1)
    assert (result.status, result.answer) == ("fallback", "Probably **Paris**.")


def test_a_last_answer_that_is_refused_is_none(ask: Ask) -> None:
    result = ask([["a = 1"], "FINAL_VAR(missing)"], max_steps=1)
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert "there is no variable 'missing'" in result.error


def test_code_in_the_last_reply_is_not_run(ask: Ask) -> None:
    namespace: dict[str, object] = {}
    result = ask([["a = 1"], ["b = 2"]], max_steps=1, namespace=namespace, keep="all")
    assert (result.status, result.answer) == ("failed", None)
    assert "b" not in namespace
    with pytest.raises(RLMError, match="the limit of 1 step is reached"):
        result.raise_for_status()


@pytest.mark.parametrize(
    ("block", "answer"),
    [
        ("FINAL('about ten')", "about ten"),
        ("n = 1\nFINAL([1, 2])", "[1, 2]"),
        ("FINAL_VAR('seen')", 10),
        ("FINAL(seen)", 10),
    ],
)
def test_a_final_in_the_code_of_the_last_reply_is_read_not_run(
    ask: Ask, block: str, answer: object
) -> None:
    result = ask([["seen = 10"], [block]], max_steps=1)
    assert (result.status, result.answer) == ("fallback", answer)


def test_a_budget_with_one_call_left_is_spent_on_a_last_request(ask: Ask) -> None:
    result = ask([["a = llm_query('?')"], "FINAL_VAR(a)"], budget=Budget(calls=3))
    assert (result.status, result.answer) == ("over_budget", "echo: ?")
    assert result.error == "Ended before it was done: the budget holds only one more model call."
    assert ask.told().startswith(LAST)
    assert ask.server.counts()["received"] == 3


def test_a_model_that_fails_ends_the_run_with_one_sentence(ask: Ask) -> None:
    result = ask([["a = 1"], {"content": "out of order", "status": 500}], retries=0)
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert "out of order" in result.error
    assert "\n" not in result.error
    assert ask.server.counts()["received"] == 2


def test_an_observer_that_raises_is_dropped_and_the_run_goes_on(ask: Ask) -> None:
    seen = []

    def observer(event: object) -> None:
        seen.append(event)
        if isinstance(event, RootReplied):
            raise ValueError("no room")

    result = ask([["a = 1"], ["FINAL(a)"]], on_event=observer)
    assert (result.status, result.answer) == ("answered", 1)
    [notice] = [event for event in result.events if isinstance(event, Notice)]
    assert "observer raised ValueError: no room" in notice.text
    assert isinstance(seen[-1], RootReplied)


def test_events_are_numbered_and_the_trace_file_holds_them_all(ask: Ask) -> None:
    result = ask([["print(float('nan'), '\\ud800')\ncontext = 1"], ["FINAL([])"]], context=2)
    assert [event.seq for event in result.events] == list(range(1, len(result.events) + 1))
    assert result.trace is not None
    lines = result.trace.read_text(encoding="utf-8").splitlines()
    assert tuple(read_event(line) for line in lines) == result.events
    assert result.trace.stat().st_mode & 0o777 == 0o600
