"""The parameters of a call that code may choose: those of the reply, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from rlm_magic import ConfigurationError
from rlm_magic.models.parameters import check_options, check_parameters


def test_what_bears_upon_the_reply_is_taken() -> None:
    given = {
        "temperature": 0,
        "top_p": 0.5,
        "max_tokens": 100,
        "seed": -1,
        "stop": ("a", "b"),
        "reasoning_effort": "low",
        "response_format": {"type": "json_object"},
    }
    assert check_parameters(given) == {**given, "stop": ["a", "b"]}
    assert check_parameters({"stop": "a"}) == {"stop": "a"}
    assert check_parameters(dict.fromkeys(given)) == {}


def test_what_comes_out_of_data_becomes_plain() -> None:
    given = {"temperature": numpy.float32(0.5), "max_tokens": numpy.int64(7), "seed": 2.0}
    taken = check_parameters(given)
    assert json.loads(json.dumps(taken)) == {"temperature": 0.5, "max_tokens": 7, "seed": 2}
    assert type(taken["seed"]) is int


@pytest.mark.parametrize("name", "api_key api_base headers timeout tools n stream user".split())
def test_everything_else_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is no parameter .*: temperature, top_p,"):
        check_parameters({name: "secret"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "hot"),
        ("temperature", 2.1),
        ("temperature", float("nan")),
        ("temperature", True),
        ("top_p", 0),
        ("max_tokens", 0),
        ("max_tokens", 1.5),
        ("max_tokens", float("inf")),
        ("seed", "x"),
        ("stop", ""),
        ("stop", []),
        ("stop", ["a", 7]),
        ("reasoning_effort", 1),
        ("response_format", "json"),
        ("response_format", {"schema": {}}),
        ("response_format", dict),
    ],
)
def test_a_value_that_can_not_be_one_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .*, not "):
        check_parameters({name: value})


def test_options_of_every_call_are_taken_as_they_are() -> None:
    options = {"temperature": 0, "max_tokens": 5, "n": 1, "extra_body": {"top_k": 1, "n": None}}
    assert check_options(options, "model_options") == options


@pytest.mark.parametrize("name", "model messages stream timeout api_base base_url api_key".split())
def test_what_has_a_setting_of_its_own_is_no_option(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^model_options: {name} can't be set here; \w"):
        check_options({name: None}, "model_options")


@pytest.mark.parametrize("options", [{"n": 2}, {"extra_body": {"n": 5}}])
def test_several_replies_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"^model_options: n can't be set"):
        check_options(options, "model_options")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_no_budget_is_passed_by_what_stands_in_the_extra_body(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} can't be set in extra_body, .* itself.$"):
        check_options({"extra_body": {name: 9_000}}, "models['cheap']")
