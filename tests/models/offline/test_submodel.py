"""The sub-model role: any conversation that is not a root conversation."""

import pytest

from rlm_magic.models.offline import reply


def say(prompt):
    return reply([{"role": "user", "content": prompt}])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I was charged twice for my invoice", "billing"),
        ("The app crashed with an error", "technical"),
        ("I cannot log in, I forgot my password", "account"),
        ("The weather is nice", "other"),
    ],
)
@pytest.mark.parametrize(
    "prompt",
    [
        "Classify the text into one of: billing, technical, account, other.\n\nText:\n{}",
        "Classify this ticket as billing, technical, account or other. Answer with the label.\n{}",
        "Which of these classes: billing, technical, account, other\n\n{}",
    ],
)
def test_one_text_gets_one_label(prompt, text, label):
    assert say(prompt.format(text)) == label


def test_a_numbered_list_gets_a_line_for_each_item():
    prompt = (
        "Classify each numbered item into one of: fruit (apple, pear), tool (hammer, saw), other.\n"
        "Answer with one line for each item, such as `3: fruit`.\n\n"
        "1: a hammer and a saw\n2: an apple a day\n3: nothing\n4: "
    )
    assert say(prompt) == "1: tool\n2: fruit\n3: other\n4: other"


def test_labels_may_stand_in_a_list_with_their_keywords():
    prompt = (
        "Categorize the text into one of:\n- network: sockets, http\n- storage: disk, archive\n\n"
        "Text: It opens http connections."
    )
    assert say(prompt) == "network"


def test_a_summary_has_the_number_of_sentences_asked_for():
    text = "Ships sail. Ships carry tea. Tea comes by ships. A cat sleeps. Ships sink."
    summary = say(f"Summarise the text in 2 sentences.\n\nText:\n{text}")
    assert summary.count(".") == 2
    assert "ships" in summary.lower()


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What is the code of the vault?", "4711"),
        ("Who is the captain of the ship?", "Edith Vance"),
        ("When did the ship leave?", "1874"),
    ],
)
def test_a_question_is_answered_by_the_sentence_that_fits(question, part):
    text = (
        "The ship left in May 1874. The captain of the ship was Edith Vance. It rained.\n"
        "The code of the vault is 4711. Nobody knew."
    )
    assert part in say(f"Answer the question.\nQuestion: {question}\n\nText:\n{text}")
    assert part in say(f"{question}\n\n{text}")


def test_a_question_that_the_text_does_not_answer_is_not_answered():
    assert say("Who discovered penicillin?\n\nThe ship left in May.") == "The text does not say."


def test_yes_and_no():
    assert say("Does the text mention penguins?\n\nTwo penguins, mentioned here.") == "yes"
    assert say("Does the text mention penguins?\n\nTwo bears.") == "no"


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("all e-mail addresses", "ann@x.org\nbob@y.net"),
        ("the dates", "2024-05-01\n3 May 2024"),
        ("the numbers", "12\n3.5"),
        ("names of people", "Edith Vance"),
    ],
)
def test_what_has_a_form_is_extracted(what, found):
    texts = {
        "all e-mail addresses": "Write to ann@x.org or bob@y.net, not to ann@x.org.",
        "the dates": "From 2024-05-01 to 3 May 2024.",
        "the numbers": "There are 12 eggs of 3.5 cm.",
        "names of people": "A letter from Edith Vance arrived.",
    }
    assert say(f"Extract {what} from the text.\n\nText:\n{texts[what]}") == found


def test_anything_else_is_declined_in_a_sentence():
    assert "offline/demo" in say("Write a limerick.")
    assert "offline/demo" in reply([])
    assert "offline/demo" in reply([{"role": "system", "content": "You are a pirate."}])


@pytest.mark.parametrize(
    ("labels", "label"),
    [("happy, sad", "unclear"), ("happy, sad, other", "other"), ("none, happy", "none")],
)
def test_a_text_without_a_signal_gets_no_label_of_the_others(labels, label):
    assert say(f"Classify the text into one of: {labels}.\n\nText:\nPlease send it.") == label


@pytest.mark.parametrize(
    ("text", "label"),
    [("It is good", "positive"), ("It is not very good", "negative"), ("Not bad", "unclear")],
)
def test_a_negation_turns_a_judgement(text, label):
    assert say(f"Classify the text as positive or negative.\n\nText:\n{text}") == label
