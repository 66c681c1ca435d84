"""How many tokens a reply may have where a budget needs a bound and nobody chose one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlm_magic.models.provider import load_litellm

__all__ = ["default_output_limit"]

_OF_AN_ANSWER = 4_096
_WITH_REASONING = 16_384  # where the model itself decides how long it thinks
_NO_THINKING = ("none", "disable", "disabled")
_LEAST_THINKING = 1_024


def default_output_limit(model: str, params: Mapping[str, Any]) -> int:
    """Return the limit in tokens that is sent when `params` hold none; thoughts count in it.

    That is 4,096, and on top the thinking that `params` ask for; at least 16,384 for a model that
    reasons on its own; never more than litellm's table allows the model.
    """
    try:
        known: Mapping[str, Any] = load_litellm().get_model_info(model)
    except Exception:
        known = {}
    limit = _OF_AN_ANSWER
    thinking, effort = params.get("thinking"), params.get("reasoning_effort")
    if isinstance(thinking, Mapping):
        limit += int(thinking.get("budget_tokens") or 0)
        effort = thinking.get("type")
    elif effort:
        effort = effort.get("effort") if isinstance(effort, Mapping) else effort
        limit += _thinking_budget(str(effort))
    # Claude thinks when it is asked to, and of its own measure only where that is adaptive.
    by_itself = known.get("supports_reasoning") and "claude" not in model
    if (by_itself and effort not in _NO_THINKING) or effort == "adaptive":
        limit = max(limit, _WITH_REASONING)
    return min(limit, known.get("max_output_tokens") or limit)


def _thinking_budget(effort: str) -> int:
    """Return what litellm makes of a `reasoning_effort` for models that take a number of tokens."""
    if effort in _NO_THINKING:
        return 0
    from litellm import constants

    name = f"DEFAULT_REASONING_EFFORT_{effort.upper()}_THINKING_BUDGET"
    return max(getattr(constants, name, 0), _LEAST_THINKING)
