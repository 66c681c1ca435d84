"""Whatever the code does and whatever ends the run, the namespace and the process come back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rlm_magic import Approve, Stop
from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI

HELPERS = ("context", "llm_query", "FINAL", "answer", "SHOW_VARS", "exit")
NAMES = ("old", "data", "new", "other", "_private")

# An operation is a line of code and what it does to the names, as far as the person is concerned;
# None is a line that ends its block with an exception.
Names = dict[str, Any]
Operation = tuple[str, Callable[[Names], object] | None]


def binding(name: str, value: int) -> Operation:
    return f"{name} = {value}", lambda names: names.update({name: value})


def deleting(name: str) -> Operation:
    return f"globals().pop({name!r}, None)", lambda names: names.pop(name, None)


def harmless(line: str) -> Operation:
    return line, lambda names: None


names = st.sampled_from(NAMES)
helpers = st.sampled_from(HELPERS)
operations = st.one_of(
    st.builds(binding, names, st.integers(0, 9)),
    st.builds(deleting, names),
    st.builds(lambda helper: harmless(f"{helper} = 0"), helpers),
    st.builds(lambda helper: harmless(f"globals().pop({helper!r}, None)"), helpers),
    st.sampled_from(
        [
            harmless("print('x' * 100_000)"),
            harmless("__import__('os').chdir('/')"),
            harmless("__import__('sys').stdout = None"),
            harmless("__import__('signal').signal(2, lambda *_: None)"),
            harmless("__import__('contextlib').suppress(Exception).__enter__()"),
            harmless("try:\n    1 / 0\nexcept Exception:\n    pass"),
            harmless("answer['content'] = 1 if isinstance(answer, dict) else 0"),
            ("1 / 0", None),
            ("raise SystemExit", None),
            ("raise KeyboardInterrupt", None),
            ("__import__('builtins').input()", None),
        ]
    ),
)
# The last reply, and the status that the run then ends with.
ENDS: dict[str, tuple[Any, str]] = {
    "value": (["FINAL(0)"], "answered"),
    "variable": ("FINAL_VAR(old)", "answered"),
    "text": ("FINAL(done)", "answered"),
    "limit": ("I don't know.", "fallback"),
    "model": ({"content": "down", "status": 400}, "failed"),
    "stop": (["never = 1"], "stopped"),
}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    blocks=st.lists(st.lists(operations, max_size=5), max_size=3),
    end=st.sampled_from(sorted(ENDS)),
    keep=st.sampled_from(["answer", "all", "none"]),
    shadowing=st.sets(helpers),
    observer_raises=st.booleans(),
)
def test_the_namespace_comes_back(
    server: FakeOpenAI,
    blocks: list[list[Operation]],
    end: str,
    keep: str,
    shadowing: set[str],
    observer_raises: bool,
) -> None:
    server.reset()
    old = object()
    namespace: Names = {"old": old, "data": [1], **{name: object() for name in shadowing}}
    before, expected = dict(namespace), dict(namespace)
    replies: list[Any] = []
    for block in blocks:
        for _, change in block:
            if change is None:
                break
            change(expected)
        replies.append(["\n".join(["pass", *(line for line, _ in block)])])
    if end == "variable" and "old" not in expected:
        end = "text"
    reply, status = ENDS[end]
    options: dict[str, Any] = {"keep": keep, "max_errors": 9}
    if end == "limit":
        replies = replies or [["pass"]]
        options["max_steps"] = len(replies)
    if end == "stop":
        last = len(replies) + 1
        options["approve"] = lambda p: Stop() if p.step == last else Approve()
    replies.append(reply)
    if observer_raises:
        options["on_event"] = lambda event: 1 / 0
    event(end)

    process = [sys.stdout, sys.stderr, signal.getsignal(signal.SIGINT), Path.cwd()]
    result = Ask(server)(replies, context="text", namespace=namespace, **options)
    assert [sys.stdout, sys.stderr, signal.getsignal(signal.SIGINT), Path.cwd()] == process
    assert result.status == status
    assert server.counts()["script_left"] == 0

    if keep == "all":
        namespace.pop("__builtins__", None)
    else:
        expected = before  # the answer's variable too: its name was not free
    assert namespace.keys() == expected.keys()
    assert all(namespace[name] is expected[name] for name in before.keys() & expected.keys())
    assert namespace == expected
