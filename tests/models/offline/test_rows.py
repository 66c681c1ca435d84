"""Counting, grouping, classifying, pairing and following links on records and tables."""

from collections import Counter
from itertools import combinations

import pandas as pd
import polars as pl
import pytest

SALES = pd.DataFrame(
    {
        "region": ["North", "South", "East", "West"] * 25,
        "product": [f"P{n % 6}" for n in range(100)],
        "revenue": [float(n * 7 % 53) for n in range(100)],
        "units": [n % 9 for n in range(100)],
    }
)
WEATHER = [
    {"station": name, "country": country, "rain": rain, "sun": sun}
    for name, country, rain, sun in [
        ("Graz", "Austria", 12, 200),
        ("Wien", "Austria", 15, 210),
        ("Lyon", "France", 30, 180),
        ("Nice", "France", 4, 300),
        ("Oslo", "Norway", 44, 90),
    ]
]


def forms(table):
    """The same rows as pandas, polars, list of dicts and dict of dicts."""
    rows = table.to_dict("records")
    return [table, pl.DataFrame(rows), rows, {f"row {n}": row for n, row in enumerate(rows)}]


@pytest.mark.parametrize("sales", forms(SALES), ids=["pandas", "polars", "list", "dict"])
def test_figures_are_computed_by_group_on_every_kind_of_table(ask, sales):
    by_region = SALES.groupby("region")["revenue"]
    assert ask("What is the average revenue by region?", sales=sales) == pytest.approx(
        by_region.mean().to_dict()
    )
    best = by_region.sum()
    assert ask("Which region has the highest total revenue?", sales=sales) == (
        f"{best.idxmax()}: {best.max()}"
    )
    top = SALES.groupby("product")["revenue"].sum().nlargest(3).to_dict()
    assert ask("Top 3 products by revenue", sales=sales) == top
    assert ask("What are the total units per product?", sales=sales) == (
        SALES.groupby("product")["units"].sum().to_dict()
    )


@pytest.mark.parametrize("sales", forms(SALES), ids=["pandas", "polars", "list", "dict"])
def test_conditions_in_the_question_select_rows(ask, sales):
    north = SALES[SALES.region == "North"]
    assert ask("How many units were sold in the North region?", sales=sales) == north.units.sum()
    assert ask("How many sales have a revenue over 40?", sales=sales) == (SALES.revenue > 40).sum()
    assert ask("How many different products are there?", sales=sales) == 6
    assert ask("What is the highest revenue?", sales=sales) == SALES.revenue.max()
    assert ask("What is the median of units?", sales=sales) == SALES.units.median()


def test_other_rows_give_other_answers(ask):
    frame = pd.DataFrame(WEATHER)
    question = "Which country has the most rain?"
    assert ask(question, weather=frame) == "Norway: 44"
    assert ask(question, weather=frame[frame.country != "Norway"]) == "France: 34"
    assert ask("Which station has the least rain?", weather=WEATHER) == "Nice: 4"
    assert ask("What is the average sun per country?", weather=WEATHER) == {
        "Austria": 205,
        "France": 240,
        "Norway": 90,
    }


def test_a_question_of_several_parts_is_answered_part_by_part(ask):
    answer = ask("How much rain is there in total, and which station has the most sun?", w=WEATHER)
    assert answer == {"sum of rain": 105, "station with the most sun": {"Nice": 300}}


def test_records_are_counted_by_the_value_of_a_field(ask, tickets):
    assert ask("How many tickets are there?", tickets=tickets) == 7
    assert ask("How many tickets are open?", tickets=tickets) == 4
    assert ask("How many tickets are not open?", tickets=tickets) == 3
    assert ask("How many tickets are there per status?", tickets=tickets) == dict(
        Counter(ticket["status"] for ticket in tickets)
    )
    assert ask('How many tickets mention "refund"?', tickets=tickets) == 2


def test_words_that_no_field_explains_are_searched_and_said(ask, tickets):
    answer = ask("How many tickets concern an invoice?", tickets=tickets)
    assert answer == "2 entries of `tickets` hold the words: invoice."


def test_text_is_measured_when_it_has_no_fields(ask, chapters):
    words = {name: len(text.split()) for name, text in chapters.items()}
    most = max(words, key=words.get)
    assert ask("Which chapter has the most words?", chapters=chapters) == f"{most}: {words[most]}"
    assert ask("How many words does each chapter have?", chapters=chapters) == words
    assert ask("How many words are in all chapters in all?", chapters=chapters) == sum(
        words.values()
    )
    assert ask("How many lines does the log have?", log="a\nb\nc") == 3
    assert ask("What is the sum of the numbers?", numbers=[3, 4, 5]) == 12
    assert ask("What is the average price?", price={"a": 2.0, "b": 4.0}) == 3.0


def test_entries_are_classified_by_the_sub_model_and_counted(run, tickets):
    result = run(
        "Classify each ticket by its body into billing, technical or account, and count them.",
        tickets=tickets,
    )
    assert result.answer == {"billing": 4, "technical": 2, "account": 1}
    assert len(result.sub_prompts) == 1


@pytest.mark.parametrize(
    "question",
    [
        "Sort the reviews into positive, negative or other and count them",
        "Label each review as positive, negative, or other.",
        "Is each review positive, negative or other?",
    ],
)
def test_the_same_classes_come_from_other_words_and_other_data(ask, question):
    reviews = ["I love it, great", "A terrible waste", "It has a lid", "Wonderful, thank you"] * 20
    assert ask(question, reviews=reviews) == {"positive": 40, "negative": 20, "other": 20}


def test_hints_in_parentheses_tell_the_sub_model_what_a_class_means(ask, chapters):
    answer = ask(
        "Categorise the chapters as weather (storm, rain), nature (birds, trees, island) "
        "or ship (captain, crew, harbour). Which is which?",
        chapters=chapters,
    )
    assert answer == {"ship": 1, "weather": 1, "nature": 1}


def test_entries_without_a_class_are_counted_as_unclear(ask):
    texts = ["Please help", "I am so happy", "This is sad"] * 10
    answer = ask("Classify each text as happy, sad or angry and count", texts=texts)
    assert answer == {"happy": 10, "sad": 10, "angry": 0, "unclear": 10}


def test_the_most_common_class_is_named(ask, tickets):
    answer = ask(
        "Classify each ticket into billing, technical or account: which is the most common?",
        tickets=tickets,
    )
    assert answer.startswith("billing: 4 of 7")


def test_a_batch_that_failed_is_asked_again_one_by_one(loop, tickets, monkeypatch):
    prompts = loop.drive(
        "Classify each ticket into billing, technical or account and count", {"tickets": tickets}
    ).messages
    (mapping,) = [m for m in prompts if "without a label" in m["content"] and m["role"] == "user"]
    mapping["content"] = "Step 3 ran. Output (18 characters):\nwithout a label: 7"
    from rlm_magic.models.offline import reply

    text = reply(prompts[: prompts.index(mapping) + 1])
    assert "one by one" in text
    assert "llm_query_batched" in text


def test_pairs_share_a_field(ask, tickets):
    expected = [(a["id"], b["id"]) for a, b in combinations(tickets, 2) if a["email"] == b["email"]]
    question = "Which pairs of tickets share the same email?"
    assert sorted(ask(question, tickets=tickets)) == expected
    assert sorted(ask(question, tickets=pd.DataFrame(tickets))) == expected
    assert ask("How many pairs of tickets share the same email?", tickets=tickets) == 4


def test_pairs_of_equal_and_of_similar_texts_are_found(ask):
    notes = {"a": "the red fox runs over the hill", "b": "a blue whale", "c": "A  blue whale"}
    assert ask("Which notes are duplicates? List the pairs.", notes=notes) == [("b", "c")]
    notes["d"] = "the red fox runs over the hills"
    assert ("a", "d") in ask("Find pairs of similar notes", notes=notes)
    assert "no such pairs" in ask("Are there duplicate notes?", notes={"x": "1", "y": "2"})


PEOPLE = [
    {"id": 1, "name": "Cleo Park", "manager_id": None, "born_in": "Lyon"},
    {"id": 2, "name": "Bob Hale", "manager_id": 1, "born_in": "Graz"},
    {"id": 3, "name": "Ada Moor", "manager_id": 2, "born_in": "Oslo"},
    {"id": 4, "name": "Dan Roy", "manager_id": 3, "born_in": "Lyon"},
]
CITIES = [
    {"city": "Lyon", "country": "France"},
    {"city": "Graz", "country": "Austria"},
    {"city": "Oslo", "country": "Norway"},
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who is the manager of the manager of Ada Moor?", "Cleo Park"),
        ("Who is the manager of the manager of Dan Roy?", "Bob Hale"),
        ("Who is the boss of the boss of the boss of Dan Roy?", "Cleo Park"),
        ("Who is Ada Moor's manager?", "Bob Hale"),
        ("Who is Dan Roy's manager's manager?", "Bob Hale"),
        ("What is the country of the city where Ada Moor was born?", "Norway"),
        ("In which country was Bob Hale born?", "Austria"),
        ("Where was Dan Roy born?", "Lyon"),
    ],
)
@pytest.mark.parametrize("form", [list, pd.DataFrame], ids=["records", "pandas"])
def test_links_are_followed_from_record_to_record(run, question, answer, form):
    result = run(question, people=form(PEOPLE), cities=form(CITIES))
    assert result.answer == answer


def test_each_hop_reads_what_the_hop_before_printed(run):
    result = run("Who is the manager of the manager of Ada Moor?", people=PEOPLE)
    hops = [code for code in result.code if "look_up('" in code]
    assert [code.split("look_up('")[1].split("'")[0] for code in hops] == ["Ada Moor", "2", "1"]


def test_a_link_that_leads_nowhere_is_said(run):
    result = run("Who is the manager of the manager of Bob Hale?", people=PEOPLE)
    assert result.in_words
    assert "lost the trail" in result.answer
