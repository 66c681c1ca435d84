"""Describing, searching and summarising text of any shape, and finding one fact in it."""

from statistics import median

import pandas as pd
import pytest


def make_log(needle: str, at: int, lines: int = 3000) -> str:
    log = [f"2024-03-{n % 28 + 1:02d} INFO request {n} served in {n % 90} ms" for n in range(lines)]
    log[at] = needle
    return "\n".join(log)


@pytest.mark.parametrize(("number", "at"), [(7481923, 1234), (55, 2999), (90001, 0)])
def test_the_one_line_that_holds_a_number_is_found(ask, number, at):
    log = make_log(f"2024-03-09 WARN the magic number is {number}", at)
    assert str(number) in ask("What is the magic number?", log=log)


@pytest.mark.parametrize(
    "question",
    [
        "What is the secret code of the captain?",
        "Find the secret code that the captain kept.",
        "Tell me: which secret code did the captain keep?",
    ],
)
def test_a_fact_in_prose_is_found_however_it_is_asked_for(ask, chapters, question):
    assert "90210" in ask(question, chapters=chapters)


def test_a_fact_in_a_list_of_texts_is_found(ask):
    notes = [f"Note {n}: nothing happened" for n in range(300)]
    notes[77] = "Note 77: the door of the vault opens with 4-8-15"
    assert "4-8-15" in ask("What opens the door of the vault?", notes=notes)


def test_a_fact_that_is_not_there_is_not_invented(run, chapters):
    result = run("What is the capital of Peru?", chapters=chapters)
    assert result.in_words
    assert "found nothing" in result.answer
    assert "offline/demo" in result.answer


@pytest.mark.parametrize(
    "question",
    [
        "Who is mentioned most often?",
        "Who sank the Albatross?",
        "Why was the crew afraid?",
        "When did the storm begin?",
        "What are the main themes of the chapters?",
        "How many people appear?",
        "Which chapters do not mention the crew?",
        "Where did the captain study law?",
        "Show me the errors",
    ],
)
def test_what_no_passage_says_is_declined(run, chapters, question):
    result = run(question, chapters=chapters)
    assert result.in_words
    assert "cannot answer" in result.answer


def test_the_most_common_words_are_counted(ask):
    text = "tea for two, and two for tea: tea"
    assert ask("What are the two most common words?", text=text) in (
        {"tea": 3, "for": 2},
        {"tea": 3, "two": 2},
    )


def test_lines_that_mention_a_term_are_listed_with_their_place(ask, chapters):
    found = ask('Find all lines that mention "storm"', chapters=chapters)
    expected = [
        (name, number, line)
        for name, text in chapters.items()
        for number, line in enumerate(text.split("\n"), 1)
        if "storm" in line.lower()
    ]
    assert found == expected


def test_entries_that_mention_a_word_are_listed_by_name(ask, chapters, tickets):
    assert ask("Which chapters mention the crew?", chapters=chapters) == [
        name for name, text in chapters.items() if "crew" in text
    ]
    assert ask("Which tickets contain the word 'refund'?", tickets=tickets) == [100, 106]
    table = pd.DataFrame(tickets)
    assert ask("Which tickets contain the word 'refund'?", tickets=table) == [100, 106]


def test_a_regular_expression_is_taken_as_one(ask):
    log = "alpha 1\nbeta 22\ngamma 333"
    assert ask(r"Search the log with the regex /\d{2,}/", log=log) == [
        ("log", 2, "beta 22"),
        ("log", 3, "gamma 333"),
    ]


def test_a_search_without_a_hit_says_so(run, chapters):
    assert (
        "Nothing in `chapters`" in run('Which chapters mention "zebra"?', chapters=chapters).answer
    )


def test_what_is_in_a_variable_is_measured(ask, chapters, tickets):
    sizes = [len(text) for text in chapters.values()]
    overview = ask("What is in `chapters`?", chapters=chapters)
    assert f"{sum(sizes):,} characters" in overview
    assert str(median(sizes)) in overview
    assert "7 rows" in ask("Describe the tickets", tickets=tickets)
    assert "from 2 to 8" in ask("Describe the tickets", tickets=pd.DataFrame(tickets))
    assert "from -3 to 8" in ask("What is in numbers?", numbers=[8, 2, -3])


def test_the_variable_that_the_question_names_is_chosen(ask, chapters, tickets):
    log = make_log("nothing", 3)
    overview = ask("What is in `chapters`?", log=log, tickets=tickets, chapters=chapters, n=3)
    assert overview.startswith("`chapters`")


def test_context_is_used_when_there_is_nothing_else(ask):
    log = make_log("the launch key is 3141", 10)
    assert "3141" in ask("What is the launch key?", context=log)


def test_a_mapping_of_variables_is_looked_into(ask, chapters, tickets):
    context = {"chapters": chapters, "tickets": tickets}
    assert ask("Which chapters mention the crew?", context=context) == [
        "I. Departure",
        "II. Storm",
    ]
    assert ask("How many tickets are open?", context=context) == 4


def test_a_summary_is_made_of_sentences_of_the_text(run, chapters):
    result = run("Summarise the chapters in 2 sentences", chapters=chapters)
    text = " ".join(" ".join(chapters.values()).split())
    assert result.answer
    assert all(part.strip(" .") in text for part in " ".join(result.answer.split()).split(". "))


def test_a_long_text_is_summarised_part_by_part(run):
    book = "\n".join(f"The harbour of town {n} has {n} ships." for n in range(2000))
    result = run("Give me a summary of the book", book=book)
    parts = [p.split("Text:\n", 1)[1] for p in result.sub_prompts[:-1]]
    assert len(parts) > 5
    assert "".join(parts) == book
    assert "harbour" in result.answer
