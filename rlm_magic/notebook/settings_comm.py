"""The person's settings, sent by the front end: defaults below all that the notebook itself sets.

The kernel opens a comm with the target `rlm_magic.settings`. A front end that knows it answers with
`{"kind": "settings", "values": {…}}`, again whenever the settings change; others close the comm, or
are silent. Messages come on the main thread or on that of a subshell, the state belongs to the
main thread.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from rlm_magic.errors import ConfigurationError
from rlm_magic.notebook.comms import quiet
from rlm_magic.settings import check_number

if TYPE_CHECKING:
    from rlm_magic.notebook.magics import RLMMagics

__all__ = ["SettingsComm", "open_settings"]

TARGET = "rlm_magic.settings"

_TEXTS = ("model", "sub_model")
_WHOLE = ("tokens", "calls")
_NAMES = (*_TEXTS, "approve", "usd", *_WHOLE, "seconds")

LONGEST_WAIT = 1.0
_SLICE = 0.1  # an interrupt is noticed when the loop wakes up


def open_settings(shell: InteractiveShell, magics: RLMMagics) -> SettingsComm | None:
    """Ask the front end for its settings, if a person's front end is there to be asked.

    One that takes no questions (`nbclient`, nbval, papermill) runs the notebook as it is written.
    """
    if not getattr(getattr(shell, "kernel", None), "_allow_stdin", False):
        return None
    try:
        return SettingsComm(magics)
    except RuntimeError:  # no event loop runs, so nothing could be received
        return None


class SettingsComm:
    """The comm, and which defaults of `magics` hold its values."""

    def __init__(self, magics: RLMMagics) -> None:
        from comm import create_comm

        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._magics = magics
        self._held: dict[str, object] = {}  # by the traits, and ours
        self._problems: list[str] = []
        self._answered: asyncio.Future[None] = self._loop.create_future()
        # Opened last: the answer may come at once, on another thread.
        self._comm = create_comm(target_name=TARGET, primary=False)
        quiet(self._comm, lambda message: self._hand_over(self._take, message["content"]["data"]))
        self._comm.on_close(lambda _: self._hand_over(self._note_answer))
        self._comm.open()

    async def settle(self) -> None:
        """Wait for the first answer: about a second at most, and never a second time."""
        deadline = time.monotonic() + LONGEST_WAIT
        while not self._answered.done() and time.monotonic() < deadline:
            await asyncio.wait({self._answered}, timeout=_SLICE)
        self._note_answer()

    def take_problems(self) -> list[str]:
        """Return what was wrong with values, a sentence each, that was not returned before."""
        problems, self._problems = self._problems, []
        return problems

    def close(self) -> None:
        """Close the comm, and take its values back."""
        self._comm.close()
        self._apply({})

    def _hand_over(self, function: Callable[..., object], *arguments: object) -> None:
        if threading.get_ident() == self._thread:
            function(*arguments)
        else:
            self._loop.call_soon_threadsafe(function, *arguments)

    def _note_answer(self) -> None:
        if not self._answered.done():
            self._answered.set_result(None)

    def _take(self, data: object) -> None:
        match data:
            case {"kind": "settings", "values": dict(values)}:
                self._apply(self._checked(values))
                self._note_answer()

    def _checked(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return the values that can be used, and note a problem for each of the others."""
        usable = {}
        for name, value in values.items():
            try:
                if value is not None:
                    self._check(name, value)
                    usable[name] = value
            except ConfigurationError as error:
                self._problems.append(f"A setting of the front end is ignored: {error}")
        return usable

    def _apply(self, values: Mapping[str, object]) -> None:
        """Put `values` in force where the notebook sets nothing, and defaults where they end."""
        magics = self._magics
        for name in _NAMES:
            default = magics.trait_defaults(name)
            held = self._held.pop(name, default)
            if name == "model" and os.environ.get("RLM_MODEL"):
                continue  # the kernel's environment is nearer to the notebook than the front end
            if name in magics.config[type(magics).__name__] or getattr(magics, name) != held:
                continue
            setattr(magics, name, values.get(name, default))
            if name in values:
                self._held[name] = getattr(magics, name)

    def _check(self, name: str, value: object) -> None:
        """Raise ConfigurationError if a default of that name can't have that value."""
        if name in _TEXTS:
            if not isinstance(value, str):
                raise ConfigurationError(f"{name} must be text, not {value!r}.")
        elif name == "approve":
            choices = type(self._magics).approve.values or ()
            if value not in choices:
                raise ConfigurationError(f"approve must be {' or '.join(choices)}, not {value!r}.")
        elif name in _NAMES:
            check_number(name, value, whole=name in _WHOLE)
        else:
            raise ConfigurationError(f"there is no setting {name!r}.")
