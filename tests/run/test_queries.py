"""Queries: a text, or a chat whose long content becomes the context; and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rlm_magic import RLM, ConfigurationError
from tests.run.scripted import Ask

LONG = "a line of the document that nobody reads whole\n" * 20_000
MARKER = "the-marker-deep-inside"
HIDING = LONG + MARKER + LONG


def root_prompts(ask: Ask) -> str:
    return str([request.messages for request in ask.server.root_requests()])


def test_a_text_is_the_question_without_the_blanks_around_it(ask: Ask) -> None:
    ask([["FINAL(1)"]], "\n  How {many}, $really?  \n")
    [request] = ask.server.root_requests()
    assert request.prompt.startswith("Question:\nHow {many}, $really?\n\nVariables")


def test_a_chat_is_answered_and_its_content_never_enters_the_prompt(ask: Ask) -> None:
    messages = [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": HIDING},
        {"role": "assistant", "content": "Read."},
        {"role": "user", "content": "Which line is odd?"},
    ]
    result = ask(
        [["context[1]['content'].index(context[0]['content'])"], ["FINAL(context)"]], messages
    )
    assert result.answer is messages
    assert "It reads:\n\nWhich line is odd?" in ask.server.root_requests()[0].prompt
    assert MARKER not in root_prompts(ask)
    assert len(root_prompts(ask)) < 30_000


def test_a_long_last_message_of_the_user_stays_in_the_context(ask: Ask) -> None:
    messages = [{"role": "user", "content": f"Find the marker.\n{HIDING}"}]
    result = ask([["FINAL(len(context[-1]['content']))"]], messages)
    assert result.answer == len(messages[0]["content"])
    assert MARKER not in root_prompts(ask)
    assert f"It has {result.answer - 1:,} characters" in ask.server.root_requests()[0].prompt


def test_the_last_message_of_the_user_is_the_question_whoever_spoke_last(ask: Ask) -> None:
    messages = [
        {"role": "user", "content": "First?"},
        {"role": "user", "content": "Second?"},
        {"role": "assistant", "content": "Third."},
    ]
    ask([["FINAL(1)"]], messages)
    assert "It reads:\n\nSecond?" in ask.server.root_requests()[0].prompt


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["What is", "this?"], "It reads:\n\nWhat is\nthis?"),
        (
            ["What is this?", HIDING],
            f"It has {len(HIDING) + 13:,} characters: find what it asks for",
        ),
    ],
)
def test_a_message_in_several_parts_is_read_as_its_texts(
    ask: Ask, parts: list[str], expected: str
) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [{"type": "text", "text": part} for part in parts]
    ask([["FINAL(1)"]], [{"role": "user", "content": [*content, image]}])
    assert expected in ask.server.root_requests()[0].prompt
    assert MARKER not in root_prompts(ask)


def test_a_chat_works_on_a_namespace_too(ask: Ask) -> None:
    messages = [{"role": "user", "content": "How many?"}]
    code = "FINAL((len(data), context[0]['role']))"
    namespace = {"data": [1, 2], "context": "mine"}
    assert ask([[code]], messages, namespace=namespace).answer == (2, "user")
    assert namespace == {"data": [1, 2], "context": "mine"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "The question is empty"),
        (" \n", "The question is empty"),
        ([], "A query is a text, or a list of messages"),
        (None, "A query is a text, or a list of messages"),
        (5, "A query is a text, or a list of messages"),
        (b"bytes", "A query is a text, or a list of messages"),
        ({"role": "user", "content": "one"}, "A query is a text, or a list of messages"),
        (["text"], "A query is a text, or a list of messages"),
        ([{"role": "user"}], "A query is a text, or a list of messages"),
        ((m for m in [{"role": "user", "content": "?"}]), "A query is a text, or a list"),
        ([{"role": "assistant", "content": "?"}], "hold no message with role 'user'"),
    ],
)
def test_a_query_that_is_none_is_refused_and_nothing_is_called(
    ask: Ask, query: Any, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        ask([["FINAL(1)"]], query)
    assert ask.server.counts()["received"] == 0


def test_messages_and_a_context_together_are_refused(ask: Ask) -> None:
    with pytest.raises(ConfigurationError, match="Messages become the context themselves"):
        ask([], [{"role": "user", "content": "?"}], context="text")
    assert ask.server.counts()["received"] == 0


@pytest.mark.parametrize("namespace", [[], "text", (("a", 1),)])
def test_a_namespace_that_is_no_dict_is_refused(ask: Ask, namespace: Any) -> None:
    with pytest.raises(ConfigurationError, match="namespace must be a dict, as globals\\(\\) is"):
        ask([], namespace=namespace)
    assert ask.server.counts()["received"] == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_steps": 0}, "max_steps must be a whole number above zero, not 0"),
        ({"max_steps": None}, "max_steps must be a whole number above zero, not None"),
        ({"max_depth": True}, "max_depth must be a whole number"),
        ({"max_errors": 1.5}, "max_errors must be a whole number"),
        ({"max_seconds": float("nan")}, "max_seconds must be a number above zero"),
        ({"max_output": -1}, "max_output must be a whole number"),
        ({"timeout": 0}, "timeout must be a number above zero, not 0"),
        (
            {"concurrency": "many"},
            "concurrency must be a whole number above zero and at most 512, not 'many'",
        ),
        (
            {"concurrency": 0.5},
            "concurrency must be a whole number above zero and at most 512, not 0.5",
        ),
        ({"retries": -1}, r"^retries must be a whole number, 0 or more, not -1\.$"),
        ({"retries": True}, r"^retries must be a whole number, 0 or more, not True\.$"),
        ({"hedge": 1}, r"^hedge must be a number above 1, not 1\.$"),
        ({"model_options": {"timeout": 5}}, "model_options: timeout can't be set here"),
        ({"model_options": {"n": 2}}, "model_options: n can't be set, for a call has one reply"),
        ({"keep": "some"}, "keep must be 'answer', 'all' or 'none', not 'some'"),
        ({"approve": "sometimes"}, "approve must be 'always', 'risky', 'never' or a function"),
        ({"budget": 5}, "budget must be a Budget"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        RLM("openai/scripted", **options)


def test_texts_that_no_encoding_holds_are_sent_all_the_same(ask: Ask) -> None:
    lone = "\udce9"
    code = f"name = 'caf{lone}'\nprint(name)\nprint(llm_query(name), ord(name[3]))"
    result = ask([[code.replace(lone, "\\udce9")], ["FINAL(name)"]], f"What is {lone}?", lone)
    assert (result.status, result.answer) == ("answered", f"caf{lone}")
    assert ask.told().endswith("caf\ufffd\necho: caf\ufffd 56553\n")
    assert ask.server.root_requests()[0].prompt.startswith("Question:\nWhat is \ufffd?")


async def test_completion_works_where_an_event_loop_runs_already(ask: Ask) -> None:
    task = asyncio.current_task()
    code = "import asyncio\nawait asyncio.sleep(0)\nFINAL(llm_query('inside'))"
    assert ask([[code]]).answer == "echo: inside"
    assert asyncio.current_task() is task
    assert await asyncio.sleep(0, "the loop goes on") == "the loop goes on"


async def test_acompletion_answers_on_the_loop_that_runs(ask: Ask) -> None:
    ask.server.script(["```repl\nimport asyncio\nFINAL(asyncio.get_running_loop())\n```"])
    result = await ask.rlm().acompletion("Which loop?")
    assert result.answer is asyncio.get_running_loop()


async def test_completion_works_in_a_thread(ask: Ask) -> None:
    result = await asyncio.to_thread(ask, [["print('seen')\nFINAL(llm_query('there'))"]])
    assert result.answer == "echo: there"
    assert result.steps[0].output == "seen\n"


def test_an_rlm_can_be_asked_again(ask: Ask) -> None:
    rlm = ask.rlm()
    for number in (1, 2):
        ask.server.script([f"FINAL({number})"])
        assert rlm.completion("Again?").text == str(number)
