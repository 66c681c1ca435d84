"""What the root model is told: the same words for every run of the same settings, and few."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rlm_magic.prompts.system import ROOT_OPENING, system_prompt


def told(*, recursive: bool = False, roles: Mapping[str, str] | None = None) -> str:
    return system_prompt(
        recursive=recursive, max_output=10_000, error_mark="[call failed]", roles=roles
    )


def test_it_begins_with_what_it_is_addressed_to() -> None:
    assert told().startswith(f"{ROOT_OPENING}\n\n")


@pytest.mark.parametrize(
    "name",
    """
    context llm_query llm_query_batched rlm_query rlm_query_batched SHOW_VARS FINAL FINAL_VAR
    max_tokens temperature images dedupe BudgetError
    """.split(),
)
def test_it_names_all_that_code_can_use(name: str) -> None:
    assert name in told()


def test_it_says_how_a_failed_call_looks_and_how_much_output_comes_back() -> None:
    assert 'begins with "[call failed]"' in told()
    assert "cut to about 10,000 characters" in told()


def test_models_are_offered_only_where_there_are_some() -> None:
    assert "model=" not in told()
    prompt = told(roles={"cheap": "for easy questions (openai/{x})", "vision": "openai/y"})
    assert "`model=`" in prompt
    assert '\n  - "cheap": for easy questions (openai/{x})\n  - "vision": openai/y\n' in prompt


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("roles", [{}, {"cheap": "openai/x"}])
def test_each_helper_has_an_entry_of_its_own(recursive: bool, roles: dict[str, str]) -> None:
    lines = told(recursive=recursive, roles=roles).splitlines()
    for name in ("llm_query(", "llm_query_batched(", "rlm_query(", "SHOW_VARS("):
        assert sum(line.startswith(f"- `{name}") for line in lines) == 1
    assert not any("{" in line for line in lines)


def test_a_line_is_a_line_of_a_page() -> None:
    assert max(map(len, told(recursive=True).splitlines())) <= 100


def test_it_is_paid_for_in_every_run_so_it_is_short() -> None:
    assert len(told(recursive=True).split()) < 600
