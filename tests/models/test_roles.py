"""Models by role: what the person says of one, what it takes over, and what stays where it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rlm_magic import ConfigurationError
from rlm_magic.models.roles import read_roles, sub_model_of
from rlm_magic.models.spec import ModelSpec

HOME = "http://localhost:8000/v1"
PARAMS = {"temperature": 0, "extra_headers": {"x-key": "secret"}}
ROOT = ModelSpec("anthropic/large", HOME, "secret", 60, PARAMS)
SUB = ModelSpec("openai/small", HOME, "secret", 60, PARAMS)


def spec_of(given: object) -> ModelSpec:
    return read_roles({"role": given}, ROOT, SUB)["role"].spec


def test_a_role_is_a_name_and_a_model() -> None:
    assert read_roles(None, ROOT, SUB) == read_roles({}, ROOT, SUB) == {}
    roles = read_roles({"cheap": "openai/x", "vision": {"model": "openai/y"}}, ROOT, SUB)
    assert {name: role.spec.name for name, role in roles.items()} == {
        "cheap": "openai/x",
        "vision": "openai/y",
    }


def test_it_is_described_in_the_person_s_words_and_by_its_model() -> None:
    models = {"a": {"model": "openai/x", "about": "  reads\nimages "}, "b": "openai/y"}
    roles = read_roles(models, ROOT, SUB)
    assert [role.description for role in roles.values()] == ["reads images (openai/x)", "openai/y"]


@pytest.mark.parametrize("model", ["openai/other", "anthropic/other", "openai/small"])
def test_a_model_of_the_same_provider_is_asked_in_the_same_way(model: str) -> None:
    assert spec_of(model) == ModelSpec(model, HOME, "secret", 60, PARAMS)


@pytest.mark.parametrize("model", ["mistral/other", "gpt-4o", "openai"])
def test_another_provider_gets_neither_key_nor_address_nor_headers(model: str) -> None:
    assert spec_of(model) == ModelSpec(model, None, None, 60, {"temperature": 0})


def test_a_key_does_not_go_to_another_address_nor_another_key_to_this_one() -> None:
    elsewhere = spec_of({"model": "openai/other", "api_base": "http://elsewhere"})
    assert elsewhere == ModelSpec("openai/other", "http://elsewhere", None, 60, {"temperature": 0})
    other_key = spec_of({"model": "openai/other", "api_key": "mine"})
    assert (other_key.api_base, other_key.api_key) == (None, "mine")


def test_what_the_role_says_goes_before_what_the_other_models_have() -> None:
    spec = spec_of({"model": "openai/x", "timeout": 5, "temperature": 1, "top_p": 0.5})
    assert spec == ModelSpec(
        "openai/x", HOME, "secret", 5, {**PARAMS, "temperature": 1, "top_p": 0.5}
    )


def test_the_person_s_mapping_is_left_as_it_was() -> None:
    given = {"model": "openai/x", "about": "quick", "api_key": "k"}
    spec_of(given)
    assert given == {"model": "openai/x", "about": "quick", "api_key": "k"}


@pytest.mark.parametrize(
    ("models", "problem"),
    [
        (["openai/x"], "must be a mapping from roles to models, .* not a list"),
        ({"two words": "openai/x"}, "'two words' is no name for a role"),
        ({7: "openai/x"}, "7 is no name for a role"),
        ({"o3": "o3"}, "'o3' is the name of a model too"),
        ({"cheap": "openai/x", "o3": "openai/y", "x": "o3"}, "'o3' is the name of a model too"),
        ({"cheap": 7}, r"models\['cheap'\] must be the name of a model, or .* not a int"),
        ({"cheap": {"model": "openai/x", "n": 2}}, r"models\['cheap'\]: n can't be set"),
        ({"cheap": {1: 2}}, r"models\['cheap'\] must be the name of a model"),
        (
            {"cheap": {"api_key": "secret"}},
            r"models\['cheap'\]\['model'\] must be a text, not empty",
        ),
        ({"cheap": " "}, r"models\['cheap'\]\['model'\] must be a text"),
        ({"cheap": {"model": "m", "about": 7}}, r"\['about'\] must be a text"),
        ({"cheap": {"model": "m", "api_key": 7}}, r"\['api_key'\] must be a text"),
        ({"cheap": {"model": "m", "timeout": 0}}, r"\['timeout'\] must be a number above zero"),
    ],
)
def test_what_can_not_be_a_role_is_refused(models: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as raised:
        read_roles(models, ROOT, SUB)
    assert "secret" not in str(raised.value)


def test_address_and_key_go_to_a_sub_model_of_the_same_provider_only() -> None:
    assert sub_model_of(ROOT, None) == ROOT
    assert sub_model_of(ROOT, "anthropic/small") == replace(ROOT, name="anthropic/small")
    for name in ("openai/small", "small", "anthropic"):
        assert sub_model_of(ROOT, name) == ModelSpec(name, None, None, 60, PARAMS)


def test_no_header_and_no_address_is_shown() -> None:
    headers = {"Authorization": "Bearer a-secret"}
    spec = ModelSpec("openai/x", "http://user:a-secret@host", params={"extra_headers": headers})
    assert "secret" not in repr(spec)


@pytest.mark.parametrize("name", ["messages", "stream", "extra_body"])
def test_an_option_that_is_no_role_s_is_refused(name: str) -> None:
    options = {"model": "openai/x", "api_key": "secret", name: {"max_tokens": 1}}
    with pytest.raises(ConfigurationError, match=r"^models\['role'\]: \w+ can't be set"):
        spec_of(options)


def test_no_key_is_shown() -> None:
    roles = read_roles({"cheap": {"model": "openai/x", "api_key": "secret"}}, ROOT, SUB)
    assert "secret" not in f"{roles}"
