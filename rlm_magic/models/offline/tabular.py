"""Writes the code that computes queries on rows, with pandas or with plain Python."""

from collections.abc import Sequence

from rlm_magic.models.offline.conditions import Condition
from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.query import Query

__all__ = ["compute"]

NOT_EMPTY = 'assert len(selected), "no row fits the conditions"'
_NEED_ROWS = ("mean", "median", "max", "min")
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
    tests = [f"({_pandas_test(condition, rows)})" for condition in query.conditions]
    lines = []
    if tests:
        lines.append(f"selected = {rows}[{' & '.join(tests)}]")
        rows = "selected"
    value = f"[{query.value.name!r}]" if query.value else ""
    label = f"results[{query.label!r}]"
    if tests and query.measure in _NEED_ROWS:
        lines.append(NOT_EMPTY)
    if query.measure == "list":
        values = f"{rows}{value}.drop_duplicates()" if value else f"{rows}.index"
        return "\n".join([*lines, f"{label} = {values}.tolist()"])
    if query.measure == "share":
        share = f"round(100 * len({rows}) / len({data.expression}), 2)"
        return "\n".join([*lines, f"{label} = {share}"])
    if query.group is None:
        count = f"len({rows})"
        result = count if query.measure == "count" else f"{rows}{value}.{query.measure}()"
        result = f"str({result})" if query.value and query.value.is_date else result
        is_plain = query.measure in ("count", "nunique") or result.startswith("str")
        return "\n".join([*lines, f"{label} = {result}{'' if is_plain else '.item()'}"])
    group = repr(query.group.name)
    if query.period:
        group = f"{rows}[{group}].dropna().astype(str).str{query.period}"
    values = f"{rows}.groupby({group}){value}.{query.measure}()"
    if query.measure == "count":
        values = f"{rows}.groupby({group}).size()"
    if query.top is None:
        lines.append(f"{label} = {values}.to_dict()")
    else:
        best = "nlargest" if query.descending else "nsmallest"
        if query.value and query.value.is_date:
            lines.append(f"values = {values}.astype(str).sort_values()")
            best = f"values[values == values.iloc[{-1 if query.descending else 0}]]"
        else:
            lines.append(f"values = {values}")
            best = f'values.{best}({query.top}, keep="all")'
        lines.append(f"{label} = {best}.to_dict()")
    if query.since:
        dates = f"{rows}.dropna(subset=[{query.since.name!r}]).groupby({group})"
        lines.append(f"since = {dates}[{query.since.name!r}].min().astype(str).str[:10].to_dict()")
        lines.append(_with_dates(label))
    return "\n".join(lines)


def _pandas_test(condition: Condition, rows: str) -> str:
    cell = f"{rows}[{condition.field.name!r}]"
    if condition.part:
        cell = f"{cell}.astype(str).str{condition.part}"
    match condition.operator:
        case "in":
            return f"{cell}.isin({condition.value})"
        case "not in":
            return f"~{cell}.isin({condition.value})"
    return f"{cell} {condition.operator} {condition.value}"


def _plain(query: Query, data: Data) -> str:
    lines = []
    rows = "records"
    if query.conditions:
        tests = " and ".join(map(_plain_test, query.conditions))
        lines.append(f"selected = [row for row in records if {tests}]")
        rows = "selected"
        lines += [NOT_EMPTY] * (query.measure in _NEED_ROWS)
    cell = f"row[{query.value.name!r}]" if query.value else "1"
    there = f" if row.get({query.value.name!r}) is not None" if query.value else ""
    if query.measure == "list":
        entry = cell if query.value else "records.index(row)"
        lines.append(f"values = list(dict.fromkeys({entry} for row in {rows}{there}))")
    elif query.measure == "share":
        lines.append(f"values = round(100 * len({rows}) / len(records), 2)")
    elif query.group is not None:
        lines += _plain_groups(query, rows, cell, there)
    elif query.measure == "count":
        lines.append(f"values = len({rows})")
    elif query.measure == "nunique":
        lines.append(f"values = len({{{cell} for row in {rows}{there}}})")
    else:
        function = _PLAIN[query.measure]
        cell = f"str({cell})" if query.value and query.value.is_date else cell
        lines.append(f"values = {function}({cell} for row in {rows}{there})")
    return "\n".join([*lines, *_finish(query)])


def _plain_test(condition: Condition) -> str:
    name = condition.field.name
    cell = f"str(row[{name!r}]){condition.part}" if condition.part else f"row[{name!r}]"
    return f"row.get({name!r}) is not None and {cell} {condition.operator} {condition.value}"


def _plain_groups(query: Query, rows: str, cell: str, there: str) -> list[str]:
    assert query.group is not None
    name = f"row.get({query.group.name!r})"
    if query.period:
        there = f"{there} and {name} is not None" if there else f" if {name} is not None"
        name = f"str({name}){query.period}"
    indent = "    " * bool(there)
    function = _PLAIN.get(query.measure, "len")
    cells = "set(cells)" if query.measure == "nunique" else "cells"
    lines = [
        "groups = defaultdict(list)",
        f"for row in {rows}:",
        *([f"    {there.strip()}:"] if there else []),
        f"    {indent}groups[{name}].append({cell})",
        f"values = {{name: {function}({cells}) for name, cells in groups.items()}}",
    ]
    if query.since:
        date = f"row.get({query.since.name!r})"
        lines += [
            "since = {}",
            f"for row in {rows}:",
            f"    if {date} is not None:",
            f"        name, date = {name}, str({date})[:10]",
            "        since[name] = min(date, since.get(name, date))",
        ]
    return lines


def _finish(query: Query) -> list[str]:
    """Put the values under the label; for a superlative the first ones, with all of a tie."""
    label = f"results[{query.label!r}]"
    if query.group is None or query.top is None:
        values = "dict(sorted(values.items()))" if query.period else "values"
        return [f"{label} = {values}", *([_with_dates(label)] if query.since else [])]
    reverse = ", reverse=True" if query.descending else ""
    beyond = ">=" if query.descending else "<="
    lines = [
        f"ranked = sorted(values.items(), key=lambda pair: pair[1]{reverse})",
        f"last = ranked[:{query.top}][-1][1]",
        f"{label} = dict(pair for pair in ranked if pair[1] {beyond} last)",
    ]
    return [*lines, _with_dates(label)] if query.since else lines


def _with_dates(label: str) -> str:
    said = "f\"{count}, since {since.get(name, 'unknown')}\""
    return f"{label} = {{name: {said} for name, count in {label}.items()}}"


def _imports(queries: Sequence[Query]) -> str:
    names = {q.measure for q in queries}
    lines = ["from collections import defaultdict"] * any(q.group for q in queries)
    if used := sorted(names & {"mean", "median"}):
        lines.append(f"from statistics import {', '.join(used)}")
    return "\n".join([*lines, "", ""]) if lines else ""
