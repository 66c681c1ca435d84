"""Comms whose messages may arrive while a cell runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

__all__ = ["quiet"]


def quiet(comm: BaseComm, callback: Callable[[dict[str, Any]], object]) -> None:
    """Give `comm` a handler of messages that fires none of the shell's events.

    An ordinary comm fires pre_execute and post_execute around each message, and inline figures
    of the cell that runs would be flushed into an output that is not theirs. `callback` gets the
    whole message, on the main thread or on that of a subshell.
    """
    comm.handle_msg = callback  # type: ignore[assignment]
