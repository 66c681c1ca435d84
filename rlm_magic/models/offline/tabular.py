"""Writes the code that computes queries on rows, with pandas or with plain Python."""

from collections.abc import Sequence

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.query import Query

__all__ = ["compute"]

_PLAIN = {"sum": "sum", "mean": "mean", "median": "median", "max": "max", "min": "min"}


def compute(queries: Sequence[Query], data: Data) -> str:
    """Code that binds `results`, a dict of label to result."""
    write = _pandas if data.shape == "table" else _plain
    head = "" if data.shape == "table" else _imports(queries) + f"records = {data.rows}\n"
    parts = [write(query, data) for query in queries]
    show = 'for label, result in results.items():\n    print(label, "=", result)'
    return f"{head}results = {{}}\n" + "\n".join(parts) + "\n" + show


def _pandas(query: Query, data: Data) -> str:
    rows = data.expression
    conditions = [f"({rows}[{f.field.name!r}] {f.operator} {f.value})" for f in query.filters]
    lines = []
    if conditions:
        lines.append(f"selected = {rows}[{' & '.join(conditions)}]")
        rows = "selected"
    value = f"[{query.value.name!r}]" if query.value else ""
    label = f"results[{query.label!r}]"
    if query.group is None:
        count = f"len({rows})"
        result = count if query.measure == "count" else f"{rows}{value}.{query.measure}()"
        plain = "" if query.measure in ("count", "nunique") else ".item()"
        return "\n".join([*lines, f"{label} = {result}{plain}"])
    group = query.group.name
    values = f"{rows}.groupby({group!r}){value}.{query.measure}()"
    if query.measure == "length":
        values = f'{rows}.set_index({group!r}){value}.fillna("").astype(str).str.len()'
    elif query.measure == "count":
        values = f"{rows}.groupby({group!r}).size()"
    if query.top is None:
        return "\n".join([*lines, f"{label} = {values}.to_dict()"])
    lines.append(f"ranked = {values}.sort_values(ascending={not query.descending})")
    best = "ranked[ranked == ranked.iloc[0]]" if query.top == 1 else f"ranked.head({query.top})"
    return "\n".join([*lines, f"{label} = {best}.to_dict()"])


def _plain(query: Query, data: Data) -> str:
    lines = []
    rows = "records"
    if query.filters:
        tests = [f"row[{f.field.name!r}] {f.operator} {f.value}" for f in query.filters]
        present = [f"row.get({f.field.name!r}) is not None" for f in query.filters]
        lines.append(f"selected = [row for row in records if {' and '.join(present + tests)}]")
        rows = "selected"
    cell = f"row[{query.value.name!r}]" if query.value else "1"
    there = f" if row.get({query.value.name!r}) is not None" if query.value else ""
    if query.group is not None:
        cell = f"len(str({cell}))" if query.measure == "length" else cell
        lines += [
            "groups = defaultdict(list)",
            f"for row in {rows}:",
            *([f"    {there.strip()}:"] if there else []),
            f"    {'    ' if there else ''}groups[row.get({query.group.name!r})].append({cell})",
        ]
        function = _PLAIN.get(query.measure, "len")
        function = {"length": "max", "nunique": "len"}.get(query.measure, function)
        cells = "set(cells)" if query.measure == "nunique" else "cells"
        lines.append(f"values = {{name: {function}({cells}) for name, cells in groups.items()}}")
    elif query.measure == "count":
        lines.append(f"values = len({rows})")
    elif query.measure == "nunique":
        lines.append(f"values = len({{{cell} for row in {rows}{there}}})")
    else:
        lines.append(f"values = {_PLAIN[query.measure]}({cell} for row in {rows}{there})")
    return "\n".join([*lines, *_finish(query)])


def _finish(query: Query) -> list[str]:
    """Put plain numbers under the label; for a superlative sort, and keep ties of the first."""
    label = f"results[{query.label!r}]"
    if query.group is None or query.top is None:
        return [f"{label} = values"]
    reverse = ", reverse=True" if query.descending else ""
    ranked = f"ranked = sorted(values.items(), key=lambda pair: pair[1]{reverse})"
    if query.top > 1:
        return [ranked, f"{label} = dict(ranked[:{query.top}])"]
    return [ranked, f"{label} = dict(pair for pair in ranked if pair[1] == ranked[0][1])"]


def _imports(queries: Sequence[Query]) -> str:
    names = {q.measure for q in queries}
    lines = ["from collections import defaultdict"] * any(q.group for q in queries)
    if used := sorted(names & {"mean", "median"}):
        lines.append(f"from statistics import {', '.join(used)}")
    return "\n".join([*lines, "", ""]) if lines else ""
