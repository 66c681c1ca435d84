"""Sub-calls of 100 ms in one batch, ours and those of other tools, in one run on one machine.

Each tool makes them as it does for a person: ours and rlms' with `llm_query_batched` in the code
of a root model, dspy's with that of its RLM module; ours with the concurrency that is named, the
others at their defaults. All ask the same provider, a process of its own that only waits.

The time of a batch is given as a multiple of what it must take: 100 ms for each round of as many
calls as the tool has in flight. CPU is that of the tool's process, memory what the batch adds to it
at the peak. Every figure is the median of several batches, after one that warms up. The time of a
bare client tells how much of ours is the machine, which may be busy with other things.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

from benchmarks.answers import answer_of
from benchmarks.figures import Figure
from benchmarks.floor import floor
from benchmarks.peers import PEERS, Peer
from benchmarks.processes import elsewhere
from benchmarks.provider import Provider
from rlm_magic import RLM

__all__ = ["measure"]

_DELAY = 0.1  # seconds
_CONCURRENCIES = {100: 1.15, 256: 1.4}  # and the multiple of the ideal that is the goal
_STRAGGLERS = 0.02
_HEDGE = 2.0

_CODE = """```repl
from benchmarks.batches import measured
FINAL([measured(llm_query_batched, {calls}) for _ in range({batches})])
```"""


@dataclass(frozen=True, slots=True)
class _Batch:
    """The medians of several batches."""

    calls: int
    concurrency: int
    seconds: float
    cpu: float  # milliseconds a call
    memory: float  # MB
    in_flight: int

    @property
    def ratio(self) -> float:
        return self.seconds / _ideal(self.calls, self.concurrency)

    @property
    def time(self) -> str:
        return _time(self.seconds, self.calls, self.concurrency)

    def costs(self, name: str, cpu_goal: float | None = None) -> Iterator[Figure]:
        cpu = f"{name}: CPU a call"
        if cpu_goal is None:
            yield Figure(cpu, f"{self.cpu:.2f} ms")
        else:
            yield Figure.at_most(cpu, self.cpu, cpu_goal, "ms", 2)
        yield Figure(f"{name}: memory", f"{self.memory:.1f} MB")
        yield Figure(f"{name}: in flight", f"{self.in_flight} calls")


def measure(quick: bool) -> list[Figure]:
    """Measure our batches, and unless it must be quick those of the peers."""
    few, many = (10, 20) if quick else (200, 1_000)
    with Provider() as provider:
        provider.configure(delay=0.001 if quick else _DELAY)
        figures, fastest = _ours(provider, few, many, quick)
        if not quick:
            figures += _peers(provider, few, many, fastest)
    return figures


def _ours(provider: Provider, few: int, many: int, quick: bool) -> tuple[list[Figure], float]:
    figures = []
    fastest = float("inf")
    for concurrency, goal in _CONCURRENCIES.items():
        small = _our_batches(provider, few, concurrency, quick)
        large = _our_batches(provider, many, concurrency, quick)
        fastest = min(fastest, large.seconds)
        figures.append(Figure(_name(few, concurrency), small.time))
        figures.append(_within(_name(many, concurrency), large, goal))
        figures += large.costs(_name(many, concurrency), 0.3)
        bare = median(floor(provider.url, many, concurrency, 5))
        name = f"{_name(many, concurrency)}: a bare client"
        figures.append(Figure(name, _time(bare, many, concurrency)))
    provider.configure(stragglers=_STRAGGLERS)
    slow = _our_batches(provider, many, 100, quick, _HEDGE)
    provider.configure(stragglers=0.0)
    name = f"{_name(many, 100)}, 2 % of them ten times as slow, hedged"
    return [*figures, _within(name, slow, 1.5)], fastest


def _our_batches(
    provider: Provider, calls: int, concurrency: int, quick: bool, hedge: float | None = None
) -> _Batch:
    batches = 2 if quick else 6
    provider.configure(script=_CODE.format(calls=calls, batches=batches))
    provider.most_in_flight()
    measured = elsewhere(measure_batches, provider.url, concurrency, hedge, here=quick)
    return _batch(provider, calls, concurrency, measured[1:])


def measure_batches(url: str, concurrency: int, hedge: float | None) -> list[dict[str, Any]]:
    """Return the figures of the batches in one run."""
    options: dict[str, Any] = {"hedge": hedge} if hedge else {}
    rlm = RLM("openai/scripted", api_base=url, api_key="none", concurrency=concurrency, **options)
    return [json.loads(figures) for figures in answer_of(rlm.completion("How fast is it?"))]


def _peers(provider: Provider, few: int, many: int, ours: float) -> list[Figure]:
    figures = []
    seconds = {}
    for peer in PEERS:
        if not peer.install():
            figures.append(Figure(f"sub-calls, {peer.name}", "could not be installed"))
            continue
        tool = f"{peer.name} {peer.version}"
        small, large = (_peer_batches(provider, peer, calls) for calls in (few, many))
        seconds[tool] = large.seconds
        figures.append(Figure(_name(few, peer.concurrency, tool), small.time))
        figures.append(Figure(_name(many, peer.concurrency, tool), large.time))
        figures += large.costs(_name(many, peer.concurrency, tool))
    if seconds:
        best = min(seconds, key=seconds.__getitem__)
        times = seconds[best] / ours
        name = f"{many:,} sub-calls: faster than {best}, the best of the others"
        figures.append(Figure(name, f"{times:.1f} times", "at least 5 times", times >= 5))
    return figures


def _peer_batches(provider: Provider, peer: Peer, calls: int) -> _Batch:
    provider.configure(script=peer.script.format(calls=calls))
    provider.most_in_flight()
    return _batch(provider, calls, peer.concurrency, peer.run(provider.url, calls, 4)[1:])


def _batch(
    provider: Provider, calls: int, concurrency: int, measured: list[dict[str, Any]]
) -> _Batch:
    return _Batch(
        calls,
        concurrency,
        median(figures["seconds"] for figures in measured),
        median(figures["cpu"] for figures in measured) / calls * 1000,
        median(figures["memory"] for figures in measured) / 1_000_000,
        provider.most_in_flight(),
    )


def _ideal(calls: int, concurrency: int) -> float:
    return ceil(calls / concurrency) * _DELAY


def _time(seconds: float, calls: int, concurrency: int) -> str:
    return f"{seconds / _ideal(calls, concurrency):.2f} × ideal, {seconds:.2f} s"


def _name(calls: int, concurrency: int, tool: str = "") -> str:
    tool = f", {tool}" if tool else ""
    return f"{calls:,} sub-calls, {concurrency} at once{tool}"


def _within(name: str, batch: _Batch, goal: float) -> Figure:
    return Figure(name, batch.time, f"within {goal:g} × ideal", batch.ratio <= goal)
