"""Measuring in fresh processes, which no earlier measurement has warmed or filled."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["elsewhere", "run", "seconds_of"]


def elsewhere(function: Callable[..., Any], *arguments: Any, here: bool = False) -> Any:
    """Return `function(*arguments)` of a new Python process; both go through JSON.

    With `here` it runs in this process: quicker, as litellm is imported only once, and less clean.
    """
    if here:
        return function(*arguments)
    code = (
        "import importlib, json, sys\n"
        "module, name, arguments = json.loads(sys.argv[1])\n"
        "print(json.dumps(getattr(importlib.import_module(module), name)(*arguments)))"
    )
    task = json.dumps([function.__module__, function.__qualname__, arguments])
    return json.loads(run("-c", code, task).splitlines()[-1])


def run(*arguments: str) -> str:
    """Run Python with `arguments` and return what it prints; its errors go to ours."""
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def seconds_of(*arguments: str) -> float:
    """Run Python with `arguments` and return how long that took."""
    started = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - started
