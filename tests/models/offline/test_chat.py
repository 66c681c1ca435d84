"""A chat as the context: the last message asks about those before it."""

import pytest

from rlm_magic.run.query import read_query

FILLER = "\n".join(f"Line {n} says nothing of interest." for n in range(2000))


def ask_chat(ask, messages):
    question, context = read_query(messages)
    return ask(question, context=context)


@pytest.mark.parametrize("number", [77123, 90210])
def test_a_question_is_answered_from_the_messages_before_it(ask, number):
    text = f"{FILLER}\nThe magic number is {number}.\n{FILLER}"
    messages = [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": text},
        {"role": "assistant", "content": "OK."},
        {"role": "user", "content": "What is the magic number?"},
    ]
    assert f"is {number}" in ask_chat(ask, messages)


def test_a_long_message_may_hold_its_own_question(ask):
    text = f"What is the magic number?\n\n{FILLER}\nThe magic number is 5512."
    assert "5512" in ask_chat(ask, [{"role": "user", "content": text}])


def test_a_question_that_the_chat_does_not_answer_is_declined(ask):
    messages = [
        {"role": "user", "content": FILLER},
        {"role": "user", "content": "What is the magic number?"},
    ]
    assert "cannot answer" in ask_chat(ask, messages)
