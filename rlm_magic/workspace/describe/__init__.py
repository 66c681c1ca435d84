"""Describes variables to a root model that never sees their content: name, type, size, a glimpse.

`describe_namespace` makes one entry a variable, `describe` the text after the name. Values are
looked at by reference: nothing is copied, consumed, computed, imported or written, and no value
raises out of here. An entry is one line; details follow, indented by four spaces, a label each:

    - `text`: str, 31,525,224 characters
        preview: 'It was the best of times, it was the worst of times…' (31,525,224 characters)
    - `blob`: bytes, 3 bytes
        preview: b'abc'
    - `sources`: dict[str, str], 1,790 entries, 31,525,224 characters in values
        keys: 'abc.py', 'aifc.py', 'antigravity.py', … 1,787 more
        first value: '# Abstract Base Classes (ABCs)…' (6,522 characters)
    - `settings`: dict, 2 entries
        keys: 'retries', 'pages'
        values: 'retries': int = 3; 'pages': list[str], 12 items, 40,112 characters
    - `rows`: list[dict], 1,200 items
        record keys: id (int), title (str), note (str or None; not in all); from 32 of 1,200
        first value: {'id': 1, 'title': 'On the Origin of Species'}
    - `names`: list[str], 3 items, 11 characters
        preview: ['Ada', 'Alan', 'Kurt']
    - `seen`: set[int], 2 items
        preview: {1, 2}
    - `df`: pandas.DataFrame, 10,000 rows × 5 columns
        columns: module (str), lines (int64), kind (category), … 2 more
        nulls: lines 3
        head: {'module': 'abc', 'lines': 188, … 3 more}; {'module': 'aifc', … 4 more}
    - `lines`: pandas.Series, 10,000 values, int64
        head: 188, 984, 17, … 9,997 more
    - `plan`: polars.LazyFrame, not computed; .collect_schema() gives its columns
    - `grid`: numpy.ndarray, shape (1000, 3), float64, 24,000 bytes
        head: 0.0, 0.5, 1.0, … 2,997 more
    - `n`: int = 42
    - `day`: datetime.date = date('2024-05-01')
    - `mode`: enum Mode = Mode.FAST
    - `load`: function load(path: str) -> dict — Load the corpus.
    - `Corpus`: class Corpus(root: Path) — All files of a project.
        methods: load, search
    - `doc`: Document, a dataclass
        fields: id (int), text (str)
        preview: Document(id=3, text='…')
    - `root`: pathlib.PosixPath '/data', a directory, 12 entries
    - `lines_of`: generator, not consumed
    - `db`: sqlite3.Connection

A type says so itself with a method `_repr_llm_(self) -> str`, of which the first line is the
headline. For a type of someone else's, `register` a generator function that yields the headline
and then the details, each only computed when there is room for it:

    @register("torch.Tensor", data=True)
    def describe_tensor(value):
        yield f"torch.Tensor, shape {tuple(value.shape)}, {value.dtype}"

What comes from the data (keys, columns, previews) is bounded, and escaped so that it stays on its
line: a variable cannot forge the entry of another.
"""

from rlm_magic.workspace.describe import (
    arrays,
    callables,
    containers,
    frames,
    objects,
    paths,
    scalars,
    text,
)
from rlm_magic.workspace.describe.listing import describe_namespace, variables_of
from rlm_magic.workspace.describe.registry import describe, register

# Importing a family registers it.
_FAMILIES = (arrays, callables, containers, frames, objects, paths, scalars, text)

__all__ = ["describe", "describe_namespace", "register", "variables_of"]
