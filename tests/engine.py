"""What tests of the engine share: an `RLM` on the scripted provider, and programs that use one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import TracebackType
from typing import Any, Self, TypeVar

from rlm_magic import RLM, Result
from rlm_magic.events import Event
from tests.servers.client import FakeOpenAI

__all__ = ["Done", "Program", "engine", "of", "repl", "run_program"]

E = TypeVar("E", bound=Event)

PRELUDE = """\
import asyncio, os, signal, sys, threading
from rlm_magic import *

def engine(**options):
    return RLM("openai/scripted", api_base=sys.argv[1], api_key="test", **options)

"""


def engine(server: FakeOpenAI, model: str = "openai/scripted", **options: Any) -> RLM:
    """An `RLM` whose models are those of the scripted provider."""
    return RLM(model, **{"api_base": server.url, "api_key": "test"} | options)


def repl(code: str) -> str:
    """A reply that holds `code`."""
    return f"```repl\n{dedent(code).strip()}\n```"


def of(result: Result, kind: type[E]) -> list[E]:
    """The events of one kind."""
    return [event for event in result.events if isinstance(event, kind)]


@dataclass(frozen=True)
class Done:
    """What a program left behind."""

    code: int
    out: str
    err: str


class Program:
    """A Python process of its own; in its source `engine(**options)` is an `RLM` on the server.

    It is killed at the end of the `with` block, whatever it does.
    """

    def __init__(
        self,
        source: str,
        server: FakeOpenAI | None = None,
        *,
        stdin: int = subprocess.DEVNULL,
        environment: Mapping[str, str | None] | None = None,
        folder: Path | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        root = str(Path(__file__).parents[1])
        variables: dict[str, str | None] = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        text = source if server is None else PRELUDE + source
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", text, *([server.url] if server else [])],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in variables.items() if value is not None},
            cwd=folder,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self) -> str:
        """The next line of its output: the way to wait until it has come to a point."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def interrupt(self) -> None:
        """Press Ctrl+C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, answers: str | None = None, timeout: float = 30) -> Done:
        """Give it `answers` on its standard input, and wait for its end."""
        out, err = self.process.communicate(answers, timeout=timeout)
        return Done(self.process.returncode, out, err)


def run_program(source: str, server: FakeOpenAI | None = None, **options: Any) -> Done:
    """Run a program to its end."""
    answers = options.pop("answers", None)
    if answers is not None:
        options["stdin"] = subprocess.PIPE
    with Program(source, server, **options) as program:
        return program.end(answers)
