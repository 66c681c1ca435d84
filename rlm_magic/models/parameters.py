"""The parameters of a single call that generated code may choose: those of the reply, no others.

Where a request goes, with which key and for how long is the person's to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from rlm_magic.errors import ConfigurationError

__all__ = ["PARAMETERS", "check_options", "check_parameters"]

PARAMETERS = (
    "temperature",
    "top_p",
    "max_tokens",
    "seed",
    "stop",
    "reasoning_effort",
    "response_format",
)


_SET_ELSEWHERE = {
    "model": "name the root model with model, the sub-model with sub_model",
    "messages": "they are those of the run",
    "stream": "stream=True of RLM streams the replies of the root model",
    "timeout": "set timeout of RLM, or %config RLMMagics.timeout",
    "api_base": "set api_base of RLM, or %config RLMMagics.api_base",
    "base_url": "set api_base of RLM, or %config RLMMagics.api_base",
    "api_key": "set api_key of RLM, or the provider's variable in the environment",
}
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def check_options(options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the options of every call of a model, which `where` holds.

    Raises ConfigurationError for those that are set elsewhere, and for those by which a call takes
    more than is set aside for it: several replies, and a limit of tokens where none is looked for.
    """
    for name, instead in _SET_ELSEWHERE.items():
        if name in options:
            raise ConfigurationError(f"{where}: {name} can't be set here; {instead}.")
    body = options.get("extra_body")
    body = body if isinstance(body, Mapping) else {}
    if any(given.get("n") not in (None, 1) for given in (options, body)):
        raise ConfigurationError(
            f"{where}: n can't be set, for a call has one reply; "
            "llm_query_batched([prompt] * 5, dedupe=False) asks for several."
        )
    for name in _LIMITS:
        if name in body:
            raise ConfigurationError(
                f"{where}: {name} can't be set in extra_body, where no budget looks; "
                f"set max_tokens in {where} itself."
            )
    return dict(options)


def check_parameters(given: Mapping[str, object]) -> dict[str, Any]:
    """Return those of `given` that aren't None, as JSON data.

    Raises ValueError for a parameter that code may not choose, and for a value that can't be one.
    """
    for name in given:
        if name not in PARAMETERS:
            raise ValueError(
                f"{name} is no parameter of a call; these are: {', '.join(PARAMETERS)}."
            )
    return {name: _read(name, value) for name, value in given.items() if value is not None}


def _read(name: str, value: object) -> Any:
    match name:
        case "temperature" if (number := _number(value)) is not None and 0 <= number <= 2:
            return number
        case "top_p" if (number := _number(value)) is not None and 0 < number <= 1:
            return number
        case "max_tokens" if (whole := _whole(value)) is not None and whole > 0:
            return whole
        case "seed" if (whole := _whole(value)) is not None:
            return whole
        case "stop" if isinstance(value, str) and value:
            return value
        case "stop" if isinstance(value, Sequence) and value and all(map(_is_text, value)):
            return list(value)
        case "reasoning_effort" if _is_text(value):
            return value
        case "response_format" if isinstance(value, Mapping) and _is_text(value.get("type")):
            return dict(value)
    raise ValueError(f"{name} must be {_KINDS[name]}, not {_shown(value)}.")


_KINDS = {
    "temperature": "a number from 0 to 2",
    "top_p": "a number above 0 and up to 1",
    "max_tokens": "a whole number above 0",
    "seed": "a whole number",
    "stop": "a text, or a list of texts",
    "reasoning_effort": "a word such as 'low' or 'high'",
    "response_format": "a dict with a 'type', such as {'type': 'json_object'}",
}


def _number(value: object) -> float | None:
    """Return a number, also one of NumPy's, as one of Python's; None for anything else."""
    match value:
        case bool():
            return None
        case Integral():
            return int(value)
        case Real():
            return float(value)
    return None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == number // 1 else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
