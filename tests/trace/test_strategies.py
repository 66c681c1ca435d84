"""Which strategies a block shows is told by its code and its calls, and not where it can't be."""

from __future__ import annotations

from typing import Any

import pytest

from rlm_magic.events import (
    BatchStarted,
    CodeExecuted,
    Event,
    RunStarted,
    Strategy,
    SubCallStarted,
)
from rlm_magic.trace.strategies import strategies_in
from tests.engine import of
from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI


def calls(number: int) -> list[Event]:
    return [
        SubCallStarted(run="r", step=1, call=call, model="m", prompt="p")
        for call in range(1, number + 1)
    ]


def children(number: int) -> list[Event]:
    started: list[Event] = [
        RunStarted(
            run=f"c{child}",
            question="q",
            model="m",
            sub_model="m",
            depth=1,
            max_depth=2,
            parent="r",
            parent_step=1,
            description="",
            version="1",
        )
        for child in range(number)
    ]
    return [BatchStarted(run="r", step=1, batch=1, calls=number, children=True), *started]


CHUNKS = "chunks = [context[i:i + 9] for i in range(0, len(context), 9)]\n"
ASKED = CHUNKS + "replies = llm_query_batched([f'Classify: {c}' for c in chunks])\n"


@pytest.mark.parametrize(
    ("code", "sent", "shown"),
    [
        # peek
        ("print(context[:500])", 0, {"peek"}),
        ("df.head()", 0, {"peek"}),
        ("print(type(context), len(context))", 0, {"peek"}),
        ("print(f'{len(context):,} characters')", 0, {"peek"}),
        ("head = str(context)[:200]\nprint(head)", 0, {"peek"}),
        ("for row in rows[:3]:\n    print(row)", 0, {"peek"}),
        ("print(context['mails'][0])", 0, {"peek"}),
        ("lines = context.splitlines()\nprint(lines[-1])", 0, {"peek"}),
        ("print(df.shape, df.columns)", 0, {"peek"}),
        ("SHOW_VARS()", 0, {"peek"}),
        ("with open('log.txt') as file:\n    print(file.read(100))", 0, {"peek"}),
        ("!head -5 data.txt", 0, {"peek"}),
        ("%time print(context[:9])", 0, {"peek"}),
        ("x = context[:500]", 0, set()),
        ("print(context)", 0, set()),
        ("total = sum(values)\nprint(total)", 0, set()),
        ("hits = [v for v in values if v > 3]\nprint(len(hits), hits[:5])", 0, set()),
        # grep
        ("import re\nprint(re.findall(r'E\\d+', log))", 0, {"grep"}),
        ("p = re.compile('x')\nhits = [m for m in p.finditer(text)]", 0, {"grep"}),
        ("hits = [line for line in log.splitlines() if 'ERROR' in line]", 0, {"grep"}),
        (
            "WORDS = ['a', 'b']\nfor row in rows:\n    if any(w in row['t'] for w in WORDS):\n"
            "        print(row)",
            0,
            {"grep"},
        ),
        ("df[df.body.str.contains('refund')]", 0, {"grep"}),
        ("at = context.find('magic number')", 0, {"grep"}),
        ("if 'magic' in text.lower():\n    pass", 0, {"grep"}),
        ("%%bash\ngrep -c error log.txt", 0, {"grep"}),
        ("if 'mails' in context:\n    pass", 0, set()),
        ("lines = text.count('\\n') + 1", 0, set()),
        ("reply = llm_query('q')\nok = 'yes' in reply.lower()", 1, set()),
        ("import re\nname = re.sub(' ', '', name)", 0, set()),
        # partition and map
        (ASKED, 3, {"partition_and_map"}),
        (
            "for row in rows:\n    row_reply = llm_query(f'Classify {row}')",
            2,
            {"partition_and_map"},
        ),
        (
            "def ask(row):\n    return llm_query(f'? {row}')\n"
            "with ThreadPoolExecutor() as pool:\n    out = list(pool.map(ask, rows))",
            2,
            {"partition_and_map"},
        ),
        (
            "prompts = []\nfor c in context.split('\\n\\n'):\n    prompts.append('Sum: ' + c)\n"
            "out = llm_query_batched(prompts)",
            5,
            {"partition_and_map"},
        ),
        (ASKED, 1, set()),
        (ASKED, 0, set()),
        ("out = [llm_query(q + context) for q in ('a', 'b')]", 2, set()),
        ("out = llm_query_batched(['a', 'b', 'c'])", 3, set()),
        # summarise
        (
            ASKED + "s = llm_query('Combine:\\n' + '\\n'.join(replies))",
            4,
            {"partition_and_map", "summarise"},
        ),
        (
            "notes = ''\nfor c in rows:\n    notes = llm_query(f'{notes}\\nAdd: {c}')",
            2,
            {"partition_and_map", "summarise"},
        ),
        ("a = llm_query('x')\nb = llm_query('y')\nc = llm_query(f'{a} {b}')", 3, {"summarise"}),
        ("s = llm_query(f'Summarise this: {context}')", 1, set()),
        ("text = '\\n'.join(llm_query_batched(['a', 'b']))", 2, set()),
        ("a = llm_query('x')\nb = llm_query(f'translate {a}')", 2, set()),
        # verify
        ("n = sum(v for v in values)\nassert n == 7", 0, {"verify"}),
        ("n = count(rows)\nprint(n == sum(1 for row in rows))", 0, {"verify"}),
        (
            "a = llm_query('x')\nv = llm_query(f'Is this answer correct? {a}')",
            2,
            {"verify"},
        ),
        ("assert len(context) > 0", 0, set()),
        ("v = llm_query(f'Verify: {context}')", 1, set()),
        ("a = llm_query('x')\nprint(a == 'yes')", 1, set()),
        # nothing at all
        ("this is no Python", 3, set()),
        ("", 0, set()),
        ("x = " + "-" * 100_000 + "1", 0, set()),
    ],
)
def test_a_block_shows(code: str, sent: int, shown: set[Strategy]) -> None:
    assert set(strategies_in(code, calls(sent))) == shown


def test_child_runs_recurse() -> None:
    code = "out = rlm_query_batched(['q'] * len(parts), [part for part in parts])"
    assert strategies_in(code, children(2)) == ("partition_and_map", "recurse")
    assert strategies_in("rlm_query('q')", children(1)) == ("recurse",)
    assert strategies_in("rlm_query('q')", calls(1)) == (), "at the depth limit it's a sub-call"


@pytest.mark.parametrize(
    ("code", "answer", "is_long"),
    [
        ("FINAL_VAR('report')", "x" * 8_001, True),
        ("answer['content'] = '\\n'.join(parts)\nanswer['ready'] = True", "x" * 8_001, True),
        ("FINAL([fix(row) for row in rows])", [0] * 1_001, True),
        ("FINAL_VAR('report')", "x" * 8_000, False),
        ("FINAL('a reply')", "x" * 8_001, False),
        ("FINAL(context)", "x" * 8_001, False),
        ("x = 1", None, False),
    ],
)
def test_a_long_output_is_built_in_a_variable(code: str, answer: Any, is_long: bool) -> None:
    names: dict[str, Any] = {}
    strategies_in("report = fill(context)", [], names)
    assert ("long_output" in strategies_in(code, [], names, answer)) is is_long


def test_what_earlier_blocks_bound_is_remembered() -> None:
    names: dict[str, Any] = {}
    strategies_in(ASKED, calls(3), names)
    later = "s = llm_query('\\n'.join(replies))"
    assert strategies_in(later, calls(1), names) == ("summarise",)
    assert strategies_in(later, calls(1)) == ()


def test_loops_that_are_deeply_nested_are_read_to_an_end() -> None:
    loops = "".join(f"{' ' * depth}for x{depth} in context:\n" for depth in range(40))
    assert strategies_in(f"{loops}{' ' * 40}print(context[:3])", []) == ("peek",)


def test_an_answer_that_raises_when_it_is_looked_at_fails_no_run(server: FakeOpenAI) -> None:
    code = """
class Odd(list):
    def __len__(self):
        raise ZeroDivisionError
    def __repr__(self):
        return "odd"
FINAL(Odd())
"""
    result = Ask(server)([[code]])
    assert result.status == "answered"
    assert of(result, CodeExecuted)[0].strategies == ()


def test_a_run_tells_the_strategies_of_each_block(server: FakeOpenAI) -> None:
    result = Ask(server)(
        [
            ["print(context[:3])", "rs = llm_query_batched([c for c in context])"],
            ["FINAL(llm_query(' '.join(rs)) + context * 9_000)"],
        ],
        context="abc",
    )
    assert [it.strategies for it in of(result, CodeExecuted)] == [
        ("peek",),
        ("partition_and_map",),
        ("summarise", "long_output"),
    ]


def test_the_calls_of_a_child_run_are_its_own(server: FakeOpenAI) -> None:
    result = Ask(server)(
        [
            ["r = rlm_query('q', context)\nFINAL(1)"],
            ["FINAL(llm_query_batched([c for c in context]))"],
        ],
        context="abc",
        max_depth=2,
    )
    assert [it.strategies for it in of(result, CodeExecuted)] == [
        ("partition_and_map",),
        ("recurse",),
    ]
