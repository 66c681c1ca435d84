"""Drives IPython in a real (pseudo) terminal, as a person at a keyboard does."""

from __future__ import annotations

import os
import re
import sys
import time
import warnings
from collections.abc import Mapping

import pexpect  # type: ignore[import-untyped]

__all__ = ["Terminal"]

# After the colon prompt_toolkit moves the cursor where others print a space.
PROMPT = r"In \[{}\]:[ \x1b]"
CONTINUATION = r" {2,}\.\.\.+: "
ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78])")

# What prompt_toolkit writes when it begins, and ends, to read a cell; pasted text goes in between
# marks of its own, and Escape Enter runs it whatever its shape.
READS, RUNS = "\x1b[?2004h", "\x1b[?2004l"
PASTE, ENTER = "\x1b[200~{}\x1b[201~", "\x1b\r"


class Terminal:
    """An IPython that waits at its prompt.

    With `simple=False` it reads cells through prompt_toolkit, with that one's event loop, key
    bindings and redrawing, as a person's IPython does; only the colours are off.
    """

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, simple: bool = True
    ) -> None:
        self._simple = simple
        self._number = 0
        arguments = ["-m", "IPython", "--no-banner", "--colors=NoColor", "--no-confirm-exit"]
        variables = {"TERM": "dumb" if simple else "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        with warnings.catch_warnings():
            # A fork among threads is what pexpect does; the child execs at once.
            warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)
            self._process = pexpect.spawn(
                sys.executable,
                [*arguments, "--simple-prompt"] if simple else arguments,
                env={**os.environ, **variables, **(environment or {})},
                encoding="utf-8",
                echo=False,
                dimensions=(50, 200),
            )
        # The usual pause before every write is for programs that switch the echo off.
        self._process.delaybeforesend = None
        self.wait_for_prompt(timeout=60)

    def run(self, code: str, *, timeout: float = 30) -> str:
        """Enter a cell; return what it printed up to the next prompt."""
        self.send(code)
        return self.wait_for_prompt(timeout=timeout)

    def send(self, code: str) -> None:
        """Enter a cell at the prompt, and do not wait for its end.

        At a simple prompt a cell is one statement, or a cell magic with its lines.
        """
        if not self._simple:
            self._process.send(PASTE.format(code) + ENTER)
            self._wait_for(re.escape(RUNS), 30)
            return
        lines = code.split("\n")
        if code.startswith("%%"):
            lines += ["", ""]
        elif len(lines) > 1:
            lines += [""]
        for line in lines[:-1]:
            self._process.sendline(line)
            self._wait_for(CONTINUATION, 30)
        self._process.sendline(lines[-1])

    def answer(self, text: str) -> None:
        """Type a line for a cell that asks for one."""
        self._process.sendline(text)

    def expect(self, text: str, *, timeout: float = 30) -> str:
        """Wait until the text is printed; return all that came since the last wait, and it."""
        return self._wait_for(re.escape(text), timeout) + text

    def wait_for_prompt(self, *, timeout: float = 30) -> str:
        """Wait until IPython asks for the next cell; return what was printed before."""
        output = self._wait_for(PROMPT.format(self._number + 1), timeout)
        self._number += 1
        return output

    def interrupt(self, *, timeout: float = 30) -> tuple[str, float]:
        """Press Ctrl-C, wait for the prompt; return what was printed and the seconds it took."""
        began = time.monotonic()
        self._process.sendintr()
        return self.wait_for_prompt(timeout=timeout), time.monotonic() - began

    def close(self) -> None:
        self._process.close(force=True)

    def _wait_for(self, pattern: str, timeout: float) -> str:
        try:
            self._process.expect(pattern, timeout=timeout)
        except (pexpect.TIMEOUT, pexpect.EOF) as problem:
            seen = plain(self._process.before or "")
            raise AssertionError(
                f"{type(problem).__name__} when waiting for {pattern!r}; the terminal shows: {seen}"
            ) from None
        return plain((self._process.before or "").split(READS)[0]).strip("\n")


def plain(text: str) -> str:
    """The text without escape sequences and carriage returns."""
    return ESCAPES.sub("", text).replace("\r", "")
