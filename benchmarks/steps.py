"""What the engine adds to one step, with a model that answers at once.

A step is all between two requests to the root model: the reply is read, its code reviewed and run,
the output reported, every event written to the trace file. Its time runs from one `RootRequested`
event to the next. Taken off it is `RootReplied.seconds`, the time that the engine waited for
litellm and the model; what litellm does in the background of the step is not taken off. litellm's
share is that time without the model's own. All are medians over the steps of several runs.

The code of a step is a few lines that define, compute and print, run in an empty namespace and in
one of 1,000 variables.
"""

import time
from collections.abc import Iterable
from itertools import chain, pairwise
from statistics import median
from typing import Any

from benchmarks.answers import answer_of
from benchmarks.figures import Figure
from benchmarks.processes import elsewhere
from benchmarks.variables import mixed_variables
from rlm_magic import RLM
from rlm_magic.events import Event, RootReplied, RootRequested

__all__ = ["measure"]

_MESSAGES = 50  # of a conversation, at which it ends: 24 steps

_STEP = """Let me count the long words first.

```repl
def long_words(text, least):
    return [word for word in text.split() if len(word) >= least]

words = long_words("the quick brown fox jumps over the lazy dog " * 20, 5)
counts = {word: words.count(word) for word in set(words)}
for word in sorted(counts):
    print(word, counts[word])
len(words)
```
"""


def measure(quick: bool) -> list[Figure]:
    """Measure in an empty and in a full namespace."""
    runs, variables = (1, 20) if quick else (10, 1_000)
    empty, full, litellm = elsewhere(measure_steps, runs, variables, here=quick)
    return [
        Figure.at_most("one step: the engine", empty, 5, "ms", 2),
        Figure.at_most(f"one step among {variables:,} variables: the engine", full, 5, "ms", 2),
        Figure("one step: litellm", f"{litellm:.2f} ms"),
    ]


def measure_steps(runs: int, variables: int) -> tuple[float, float, float]:
    """Return the milliseconds a step: the engine's without and with variables, and litellm's."""
    from benchmarks.instant import instant_model

    model = instant_model(lambda messages: _STEP if len(messages) < _MESSAGES else "FINAL(done)")
    _run({})  # loads modules
    model.seconds.clear()
    empty = [_run({}) for _ in range(runs)]
    waits = chain.from_iterable(waits for _, waits in empty)
    litellm = [wait - own for wait, own in zip(waits, model.seconds, strict=True)]
    namespace = mixed_variables(variables)
    full = [_run(dict(namespace)) for _ in range(runs)]
    return _median(e for e, _ in empty), _median(e for e, _ in full), median(litellm) * 1000


def _run(namespace: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Return the seconds of each step that were the engine's, and those that it waited."""
    ticks: list[tuple[float, Event]] = []
    rlm = RLM("instant/model", on_event=lambda event: ticks.append((time.perf_counter(), event)))
    answer_of(rlm.completion("How many long words are there?", namespace=namespace))
    requests = [at for at, event in ticks if isinstance(event, RootRequested)]
    waits = [event.seconds for _, event in ticks if isinstance(event, RootReplied)]
    steps = zip(pairwise(requests), waits[:-1], strict=True)
    return [end - start - wait for (start, end), wait in steps], waits


def _median(runs: Iterable[list[float]]) -> float:
    """The median step of all runs, in milliseconds."""
    return median(chain.from_iterable(runs)) * 1000
