"""Links from record to record: possessives, ways to the top, names that fit several records."""

import pandas as pd
import pytest

PEOPLE = [
    {"id": f"P{n}", "name": f"Person {n}", "manager_id": f"P{n // 2}" if n > 1 else None}
    for n in range(1, 201)
]


@pytest.mark.parametrize("form", [list, pd.DataFrame])
@pytest.mark.parametrize("start", [150, 3, 1])
def test_the_way_to_the_top_is_listed(ask, form, start):
    chain = [start]
    while chain[-1] > 1:
        chain.append(chain[-1] // 2)
    way = " → ".join(f"P{n} (Person {n})" for n in chain)
    question = f"Who is the top manager above P{start}, and through whom?"
    assert ask(question, people=form(PEOPLE)) == f"P1 (Person 1) is at the top: {way}"


def test_a_circle_of_links_has_no_top(run):
    people = [{"id": "A1", "manager_id": "B2"}, {"id": "B2", "manager_id": "A1"}]
    result = run("Who is the top manager above A1?", people=people)
    assert result.in_words
    assert "circle" in result.answer


def test_a_start_that_is_not_there_is_said(ask):
    assert "no P999" in ask("Who is the top manager above P999?", people=PEOPLE)


def test_a_genitive_and_a_possessive_are_two_hops(ask):
    assert ask("Who is the manager of P150's manager?", people=PEOPLE) == "Person 37"
    assert ask("Who is P150's manager?", people=PEOPLE) == "Person 75"
    assert ask("Who is P150's manager's manager?", people=PEOPLE) == "Person 37"


def test_a_part_of_a_name_that_fits_several_records_is_not_guessed(run):
    result = run("What is the manager of Person?", people=PEOPLE)
    assert result.in_words
    assert "rows fit" in result.answer
