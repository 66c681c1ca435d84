"""What a value looks like within a number of characters."""

import datetime
import enum
import sys
import tracemalloc
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_magic.workspace.preview import preview, preview_output

Point = namedtuple("Point", "x y")


class Colour(enum.IntEnum):
    RED = 1


@dataclass
class Account:
    name: str
    password: str = field(repr=False, default="hunter2")


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
)
hashable = st.integers() | st.text(max_size=5) | st.tuples(st.integers(), st.text(max_size=3))
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner)
        | st.dictionaries(hashable, inner, max_size=5)
        | st.sets(hashable, max_size=5)
        | st.frozensets(hashable, max_size=5)
    ),
    max_leaves=20,
)


@given(values)
def test_the_output_of_a_small_value_is_its_repr(value):
    assert preview_output(value, 100_000) == repr(value)


@given(values, st.integers(0, 80))
def test_a_preview_is_never_longer_than_its_limit(value, limit):
    assert len(preview(value, limit)) <= limit
    assert preview(value, limit).isprintable()


@given(values, st.integers(0, 80))
def test_an_output_is_never_longer_than_its_limit(value, limit):
    assert len(preview_output(value, limit)) <= limit


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (float("nan"), "nan"),
        ([1, 2.5, "a", b"b"], "[1, 2.5, 'a', b'b']"),
        ((1,), "(1,)"),
        (set(), "set()"),
        ({"a": {"b": ()}}, "{'a': {'b': ()}}"),
        (Point(1, "y"), "Point(x=1, y='y')"),
        (Colour.RED, "Colour.RED"),
        (Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (defaultdict(list, a=[1]), "defaultdict({'a': [1]})"),
        (deque([1, 2]), "deque([1, 2])"),
        ({"a": 1}.keys(), "dict_keys(['a'])"),
        (datetime.date(2024, 5, 1), "datetime.date(2024, 5, 1)"),
        (pd.Timestamp("2024-05-01"), "Timestamp('2024-05-01T00:00:00')"),
        (pd.NaT, "NaT"),
        (pd.NA, "<NA>"),
        (np.float32(1.5), "1.5"),
        (np.arange(3), "array([0, 1, 2], shape=(3,), dtype=int64)"),
        (pd.DataFrame({"a": [1]}), "<pandas.DataFrame 1 × 1>"),
        (range(0, 10, 3), "range(0, 10, 3)"),
        (print, "<built-in print>"),
        (Colour, "<class Colour>"),
        (object(), "<object object>"),
    ],
)
def test_a_preview_reads_like_the_value(value, shown):
    assert preview(value, 100).replace(f"{__name__}.", "") == shown


def test_long_text_is_cut_and_its_true_length_stated():
    assert preview("ab" * 5_000, 40) == "'ababababababababa…' (10,000 characters)"
    assert preview(b"ab" * 5_000, 40).endswith("…' (10,000 bytes)")
    assert preview(bytearray(5_000), 40).endswith("…') (5,000 bytes)")


def test_a_long_container_says_how_many_more_there_are():
    assert preview(list(range(1_000)), 30) == "[0, 1, 2, 3, … 996 more]"


def test_sets_of_text_are_shown_in_order():
    assert preview(set("dcba"), 40) == "{'a', 'b', 'c', 'd'}"


def test_lone_surrogates_and_line_breaks_are_escaped():
    assert preview("a\ud800\n\x1b\u2028b", 60) == r"'a\ud800\n\x1b\u2028b'"


def test_a_cycle_is_an_ellipsis():
    cycle: list[object] = [1]
    cycle.append(cycle)
    assert preview(cycle, 40) == "[1, …]"
    assert preview_output(cycle, 40) == "[1, [...]]"


def test_a_huge_integer_is_never_converted_in_full():
    assert preview(10**10_000, 60) == "<int of about 10,001 digits>"
    assert preview_output([10**10_000], 20_000) == "[<int of about 10,001 digits>]"


def test_fields_that_are_not_for_repr_are_not_shown():
    assert preview(Account("ada"), 80) == "Account(name='ada')"


class Hostile:
    def __repr__(self):
        raise RuntimeError("repr was called")

    __str__ = __len__ = __iter__ = __hash__ = __bool__ = __getitem__ = __repr__

    def __getattribute__(self, name):
        raise RuntimeError("an attribute was asked for")

    def __eq__(self, other):
        raise RuntimeError("compared")


@pytest.mark.parametrize("base", [list, dict, str, bytes, tuple, set, int, deque])
def test_a_hostile_subclass_is_shown_by_its_base_class(base):
    kind = type("Sly", (Hostile, base), {})
    shown = preview(kind(), 40)  # not in the assert: pytest would ask the value for its repr
    assert shown.startswith("0" if base is int else "Sly(")


def test_the_code_of_an_unknown_object_is_not_run():
    assert preview(Hostile(), 60).endswith("Hostile object>")
    assert preview([Hostile()], 80).endswith("Hostile object>]")


def test_a_hostile_metaclass_is_not_asked():
    def refuse(*_: object) -> None:
        raise RuntimeError("asked")

    meta = type("Meta", (type,), {"__eq__": refuse, "__hash__": refuse, "__repr__": refuse})
    kind = meta("Odd", (), {})
    assert preview(kind(), 60) == f"<{__name__}.Odd object>"
    assert preview(kind, 60) == f"<class {__name__}.Odd>"


def test_an_output_honours_the_own_repr_of_an_object():
    class Table:
        def __repr__(self):
            return "a\nb"

    assert preview_output(Table(), 100) == "a\nb"
    frame = pd.DataFrame({"a": range(1_000)})
    assert preview_output(frame, 20_000) == repr(frame)


def test_what_a_repr_raises_is_raised():
    class Broken:
        def __repr__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        preview_output([Broken()], 100)


def test_surrogates_in_an_own_repr_are_escaped():
    class Odd:
        def __repr__(self):
            return "\ud800"

    assert preview_output(Odd(), 100) == r"\ud800"


def test_a_long_output_keeps_head_and_tail_and_states_its_length():
    shown = preview_output("a" + "b" * 100_000 + "c", 200)
    assert shown.startswith("'ab")
    assert shown.endswith("bc' (100,002 characters)")
    shown = preview_output(list(range(10_000)), 200)
    assert shown.startswith("[0, 1, 2")
    assert shown.endswith("9998, 9999] (10,000 items)")
    assert " more …, " in shown


def test_a_long_own_repr_is_cut_in_the_middle():
    class Wordy:
        def __repr__(self):
            return "a" * 5_000 + "z"

    shown = preview_output(Wordy(), 300)
    assert shown.startswith("aaa")
    assert shown.endswith("aaz")
    assert "5,001 characters" in shown


@pytest.mark.parametrize(
    "value",
    [
        "x" * 40_000_000,
        {"a": "x" * 40_000_000},
        dict.fromkeys(range(1000), "x" * 40000).values(),
        defaultdict(list, a=["x" * 40_000] * 1_000),
        [[["x" * 1_000] * 100] * 100] * 4,
    ],
    ids=["str", "dict", "values", "defaultdict", "nested"],
)
@pytest.mark.parametrize("show", [preview, preview_output])
def test_a_large_value_is_never_rendered_in_full(value, show):
    tracemalloc.start()
    try:
        show(value, 2_000)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_deep_nesting_does_not_exhaust_the_stack():
    deep: list[object] = []
    for _ in range(sys.getrecursionlimit() * 10):
        deep = [deep]
    assert "…" in preview(deep, 200)
    assert len(preview_output(deep, 200)) <= 200
