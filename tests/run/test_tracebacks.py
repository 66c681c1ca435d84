"""Errors of generated code: told with the model's code and line, and with none of ours."""

from __future__ import annotations

import re

import pytest

from rlm_magic import Budget
from rlm_magic.events import CodeExecuted
from tests.run.scripted import Ask


def without_carets(told: str) -> str:
    """Without the lines of `~~^~~`, which not all versions of Python write alike."""
    return re.sub(r"(?m)^[ ~^]+\n", "", told)


def test_a_traceback_shows_the_code_and_its_line_and_nothing_of_ours(ask: Ask) -> None:
    told = ask.output("def half(n):\n    return n / 0\n\nhalf(1)")
    told = re.sub(r"[0-9a-f]{8}>", "…>", without_carets(told))
    assert re.sub(r"\d\d\d characters", "N characters", told) == (
        "Step 1 raised an exception. Output (N characters):\n"
        "Traceback (most recent call last):\n"
        '  File "<rlm code …>", line 4, in <module>\n'
        "    half(1)\n"
        '  File "<rlm code …>", line 2, in half\n'
        "    return n / 0\n"
        "ZeroDivisionError: division by zero\n"
    )


CHAINED = """
def fail():
    try:
        {}["key"]
    except KeyError as error:
        raise ValueError("second") from error
try:
    fail()
except ValueError:
    1 / 0
"""
GROUP = """
def fail(n):
    raise ValueError(f"number {n}")
errors = []
for n in range(2):
    try:
        fail(n)
    except ValueError as error:
        errors.append(error)
raise ExceptionGroup("several", errors)
"""
AWAITED = """
import asyncio
async def fail():
    await asyncio.sleep(0)
    raise ValueError("awaited")
await fail()
"""
IN_A_THREAD = """
from concurrent.futures import ThreadPoolExecutor
def fail(n):
    raise ValueError(f"in a thread {n}")
with ThreadPoolExecutor() as pool:
    list(pool.map(fail, [1]))
"""
IN_A_TASK = """
import asyncio
async def fail():
    raise ValueError("in a task")
await asyncio.gather(fail())
"""
IN_A_REPR = "class Bad:\n    def __repr__(self):\n        raise ValueError('no repr')\nBad()"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            CHAINED,
            [
                "KeyError: 'key'",
                "ValueError: second",
                "ZeroDivisionError",
                "direct cause",
                "line 9",
            ],
        ),
        (GROUP, ["ExceptionGroup: several", "ValueError: number 0", "ValueError: number 1"]),
        (AWAITED, ["line 5, in <module>\n    await fail()", "line 4, in fail", "awaited"]),
        (IN_A_THREAD, ["line 3, in fail", "line 5, in <module>", "ValueError: in a thread 1"]),
        (IN_A_TASK, ["line 4, in <module>\n", "line 3, in fail\n", "ValueError: in a task"]),
        (IN_A_REPR, ["line 3, in __repr__", "ValueError: no repr"]),
        ("llm_query(5)", ["line 1, in <module>\n    llm_query(5)\nTypeError: llm_query takes one"]),
        ("llm_query('?', model='x')", ["llm_query('?', model='x')\nValueError: model='x' is not"]),
        ("rlm_query([])", ["    rlm_query([])\nTypeError: rlm_query takes one text"]),
        ("llm_query_batched('?')", ["llm_query_batched('?')\nTypeError: llm_query_batched takes"]),
        ("input()", ["line 1, in <module>\n    input()\n"]),
        ("FINAL(None)", ["    FINAL(None)\nValueError: The final answer was refused: it is None"]),
        ("import json\njson.loads('{')", ["line 2, in <module>", "json/decoder.py", "Expecting"]),
        ("raise ValueError('é\\n\\ud800 two')", ["ValueError: é\n"]),
        ("e = ValueError('x')\ne.add_note('a note')\nraise e", ["ValueError: x\na note"]),
        (
            "def f():\n    yield 1\n    raise GeneratorExit('odd')\nlist(f())",
            ["GeneratorExit: odd"],
        ),
        ("raise StopIteration('odd')", ["StopIteration: odd"]),
        ("raise MemoryError('no more')", ["MemoryError: no more"]),
        ("raise KeyboardInterrupt", ["line 1, in <module>\n    raise KeyboardInterrupt\nKeyboard"]),
        ("async def f():\n    raise KeyboardInterrupt\nawait f()", ["in f\n", "KeyboardInterrupt"]),
        ("def f():\n    f()\nf()", ["RecursionError: maximum recursion", "more times]"]),
        ("x = (", ["line 1\n    x = (\nSyntaxError: '(' was never closed"]),
        ("return 5", ["SyntaxError: 'return' outside function"]),
        ("x = 'a\0b'", ["null bytes"]),
        ("-" * 200_000 + "1", ["Error"]),
        ("[" * 250 + "]" * 250, ["too many nested parentheses"]),
        ("+".join("1" * 20_000), ["Error"]),
        ("'\ud800'", ["Error"]),
    ],
)
def test_an_error_names_what_happened_without_a_frame_of_ours(
    ask: Ask, code: str, expected: list[str]
) -> None:
    result = ask([[code], ["FINAL('went on')"]])
    assert result.answer == "went on"
    told = without_carets(ask.told())
    assert told.startswith("Step 1 raised an exception.")
    for part in expected:
        assert part in told
    assert "rlm_magic/" not in told
    assert "greenlet" not in told
    assert "ast.py" not in told
    assert len(told) < 5_000


HOSTILE = """
class Hostile(Exception):
    def __str__(self):
        raise RuntimeError("no words")
    __repr__ = __str__
raise Hostile(1)
"""
EXITING = (
    "class Exiting(Exception):\n    def __str__(self):\n        raise SystemExit\nraise Exiting"
)
NONSENSE = "raise SyntaxError('odd', ('file', 1, 'not a number', 'text'))"
LONG_CHAIN = """
error = None
for n in range(3_000):
    try:
        raise ValueError(n) from error
    except ValueError as raised:
        error = raised
raise error
"""
CYCLE = """
a, b = ValueError("a"), ValueError("b")
a.__cause__, b.__cause__ = b, a
raise a
"""
NESTED_GROUPS = """
error = ValueError("innermost")
for _ in range(2_000):
    error = ExceptionGroup("level", [error])
raise error
"""
UNWINDING = """
def f(n):
    try:
        f(n + 1)
    finally:
        undefined
f(0)
"""


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (HOSTILE, "Hostile: <exception str() failed>"),
        (EXITING, "Exiting: <exception str() failed>"),
        (NONSENSE, "SyntaxError"),
        (LONG_CHAIN, "ValueError: 2999"),
        (CYCLE, "ValueError: a"),
        (NESTED_GROUPS, "ExceptionGroup"),
        (UNWINDING, "NameError: name 'undefined' is not defined"),
        ("raise ValueError('x' * 100_000)", "ValueError: xxx"),
    ],
    ids="hostile exiting nonsense long-chain cycle nested-groups unwinding long".split(),
)
def test_an_exception_that_resists_being_told_is_told(ask: Ask, code: str, error: str) -> None:
    result = ask([[code], ["FINAL('went on')"]])
    assert result.answer == "went on"
    told = ask.told()
    assert error in told
    assert len(told) < 5_000
    [failed, _] = [event for event in result.events if isinstance(event, CodeExecuted)]
    assert failed.error is not None
    assert failed.error.startswith(error)
    assert len(failed.error) <= 500


def test_a_refused_sub_call_of_a_thread_is_told_without_how_it_waited(ask: Ask) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
def ask(prompt):
    return llm_query_batched([prompt + str(i) for i in range(9)])
with ThreadPoolExecutor() as pool:
    pool.submit(ask, "?").result()
"""
    told = without_carets(ask.output(code, budget=Budget(calls=9)))
    _, line, below = told.partition(
        "line 3, in ask\n    return llm_query_batched([prompt + str(i) for i in range(9)])\n"
    )
    assert line
    assert below == (
        "rlm_magic.errors.BudgetError: The budget is 9 model calls and 8 remain, so this batch of "
        "9 calls was not sent; the first 8 would fit.\n"
    )


def test_a_traceback_shows_the_source_of_each_block(ask: Ask) -> None:
    ask([["def first():\n    return missing"], ["x = 0\nfirst()"], ["FINAL(1)"]])
    told = without_carets(ask.told(2))
    assert "line 2, in <module>\n    first()\n" in told
    assert "line 2, in first\n    return missing\nNameError" in told


def test_an_exception_as_one_line_stands_in_the_event_and_the_step(ask: Ask) -> None:
    result = ask([["raise ValueError('first line\\nsecond')"], ["FINAL(1)"]])
    assert result.steps[0].blocks[0].error == "ValueError: first line"
    assert result.steps[1].blocks[0].error is None
