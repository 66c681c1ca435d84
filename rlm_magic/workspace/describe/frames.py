"""Describes tables, series and indexes of pandas and polars."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import counted, glance, label, listed, tidy
from rlm_magic.workspace.preview.inspection import attempt, loaded, type_name

_COLUMNS = 60
_ROWS = 2
_VALUES = 20
_COUNTED = 200_000  # cells up to which nulls are counted


class _Column(NamedTuple):
    name: Any
    dtype: Any
    cell: Callable[[int], Any]
    nulls: Callable[[], int]


@register("pandas.DataFrame", data=True)
def describe_pandas_frame(value: Any) -> Iterator[str]:
    """`pandas.DataFrame, 10,000 rows × 5 columns`, the columns, nulls, the first rows."""
    rows, width = value.shape
    yield f"{type_name(type(value))}, {counted(rows, 'row')} × {counted(width, 'column')}"
    series = [value.iloc[:, i] for i in range(min(width, _COLUMNS))]
    columns = [_pandas_column(one, name) for one, name in zip(series, value.columns, strict=False)]
    if columns:
        yield _columns_line(columns, width)
    if type(value.index) is not loaded("pandas", "RangeIndex"):
        yield f"index: {_names(value.index)}"
    yield from _content_lines(columns, rows, width)


@register("polars.DataFrame", data=True)
def describe_polars_frame(value: Any) -> Iterator[str]:
    """`polars.DataFrame, 10,000 rows × 5 columns`, the columns, nulls, the first rows."""
    rows, width = value.shape
    yield f"{type_name(type(value))}, {counted(rows, 'row')} × {counted(width, 'column')}"
    series = [value.to_series(i) for i in range(min(width, _COLUMNS))]
    columns = [_Column(s.name, s.dtype, s.__getitem__, s.null_count) for s in series]
    if columns:
        yield _columns_line(columns, width)
    yield from _content_lines(columns, rows, width)


@register("polars.LazyFrame", data=True)
def describe_lazy_frame(value: Any) -> Iterator[str]:
    """Says how to get the columns; finding them may read files, unless the data is at hand."""
    name = type_name(type(value))
    if attempt(lambda: value._ldf._node_name(), "") != "DataFrameScan":
        yield f"{name}, not computed; .collect_schema() gives its columns"
        return
    yield f"{name}, not computed"
    schema = value.collect_schema()
    listing = (f"{label(column)} ({tidy(str(dtype), 40)})" for column, dtype in schema.items())
    yield f"columns: {listed(listing, len(schema))}"


@register("pandas.Series", data=True)
def describe_pandas_series(value: Any) -> Iterator[str]:
    """`pandas.Series, 10,000 values, int64`, its name, nulls, the first values."""
    column = _pandas_column(value, value.name)
    yield from _series_lines(value, column, len(value))
    if type(value.index) is not loaded("pandas", "RangeIndex"):
        first = (glance(value.index[i]) for i in range(min(len(value), _VALUES)))
        yield f"index: {_names(value.index)}: {listed(first, len(value), 120)}"


@register("polars.Series", data=True)
def describe_polars_series(value: Any) -> Iterator[str]:
    """`polars.Series, 10,000 values, Int64`, its name, nulls, the first values."""
    column = _Column(value.name or None, value.dtype, value.__getitem__, value.null_count)
    yield from _series_lines(value, column, len(value))


@register("pandas.Index", data=True)
def describe_index(value: Any) -> Iterator[str]:
    """`pandas.Index, 3 values, object`, its name, the first labels."""
    column = _Column(value.name, value.dtype, value.__getitem__, lambda: 0)
    yield from _series_lines(value, column, len(value))


def _pandas_column(series: Any, name: Any) -> _Column:
    return _Column(name, series.dtype, series.iat.__getitem__, lambda: int(series.isna().sum()))


def _columns_line(columns: Sequence[_Column], width: int) -> str:
    typed = (f"{label(column.name)} ({_dtype(column)})" for column in columns)
    return f"columns: {listed(typed, width)}"


def _content_lines(columns: Sequence[_Column], rows: int, width: int) -> Iterator[str]:
    if rows * width <= _COUNTED:
        counts = [(column.name, attempt(column.nulls, 0)) for column in columns]
        some = [f"{label(name)} {count:,}" for name, count in counts if count]
        if some:
            yield f"nulls: {listed(some, len(some), 200)}"
    if rows and columns:
        yield f"head: {'; '.join(_row(columns, width, i) for i in range(min(rows, _ROWS)))}"


def _row(columns: Sequence[_Column], width: int, row: int) -> str:
    cells = (f"{glance(column.name)}: {glance(column.cell(row))}" for column in columns)
    return f"{{{listed(cells, width, 240)}}}"


def _series_lines(value: Any, column: _Column, size: int) -> Iterator[str]:
    named = "" if column.name is None else f", name {glance(column.name)}"
    yield f"{type_name(type(value))}, {counted(size, 'value')}, {_dtype(column)}{named}"
    if size <= _COUNTED and (nulls := attempt(column.nulls, 0)):
        yield f"nulls: {nulls:,}"
    if size:
        first = (glance(column.cell(i)) for i in range(min(size, _VALUES)))
        yield f"head: {listed(first, size, 240)}"


def _dtype(column: _Column) -> str:
    return tidy(str(column.dtype), 40)


def _names(index: Any) -> str:
    names = [f"{label(name)}" for name in index.names if name is not None]
    return f"{listed(names, len(names), 120) or 'unnamed'} ({tidy(str(index.dtype), 40)})"
