"""What is known of names in generated code: who asks, who holds no data, who shows a part of it."""

from __future__ import annotations

import builtins

from rlm_magic.trace.strategies.made_of import Of

__all__ = [
    "ADDS_ALL",
    "ADDS_ONE",
    "HEADS",
    "HELPERS",
    "NO_DATA",
    "SAME",
    "SIZES",
    "SIZE_FIELDS",
]

HELPERS = {
    "llm_query": Of.ASKS,
    "rlm_query": Of.ASKS,
    "llm_query_batched": Of.ASKS | Of.BATCH,
    "rlm_query_batched": Of.ASKS | Of.BATCH,
}
NO_DATA = {
    *vars(builtins),
    *"FINAL FINAL_VAR SHOW_VARS answer asyncio collections csv datetime itertools json".split(),
    *"math np numpy pandas pd pl polars pprint random re statistics textwrap time".split(),
}
# Calls that leave a value what it is, or show it in another form.
SAME = frozenset(
    "astype casefold copy decode deepcopy dict dropna dumps encode enumerate expandtabs fillna "
    "filter format from_iterable gather get items iter iterrows itertuples join list ljust loads "
    "lower lstrip partition pop read read_text readlines repr replace reset_index result reversed "
    "rjust rpartition rsplit rstrip set sort_values sorted split splitlines str strip sub "
    "subn title to_dict to_json to_list to_string tolist tuple upper values zip zip_longest "
    "wait".split()
)
HEADS = frozenset("head tail sample islice next limit readline first".split())
SIZES = frozenset("len type info describe keys count_rows".split())
SIZE_FIELDS = frozenset("shape columns dtypes dtype size schema index ndim".split())
ADDS_ONE = frozenset("append add insert appendleft put".split())
ADDS_ALL = frozenset("extend update".split())
