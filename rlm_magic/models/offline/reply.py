"""One reply of the offline model: decides which of its two roles a conversation asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from rlm_magic.models.offline.conversation import last_user_text, read_run
from rlm_magic.models.offline.root import next_turn
from rlm_magic.models.offline.submodel import answer_prompt

__all__ = ["reply"]


def reply(messages: Sequence[Mapping[str, Any]]) -> str:
    """The assistant's next message: as root model in a run, as sub-model for any other prompt."""
    run = read_run(messages)
    return answer_prompt(last_user_text(messages)) if run is None else next_turn(run)
