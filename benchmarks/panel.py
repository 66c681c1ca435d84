"""The panel of a run with 10,000 sub-calls, in the real JupyterLab, with a real kernel.

The run's model answers at once, inside of the kernel; a batch of real calls takes longer, and the
panel's share of it is smaller. Then the same events are replayed at 2,000 sub-calls a second, which
is faster than the engine, with the table of the sub-calls folded and open.

Bytes are all that the page's WebSockets receive; messages are counted where the kernel sends them.

The kernel's share is the processor time of the panel's thread, of all that other threads do for
the panel, and of the record, against the run's time by the clock. The browser's tasks, JupyterLab's
own among them, are counted by the clock, too, from the start of the cell until the record is drawn;
a busy machine stretches them, so the most processor time of one is told as well.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figures import Figure

__all__ = ["measure"]

_ROOT = Path(__file__).parents[1]
_SCRIPT = ("npx", "--no-install", "playwright", "test", "-c", "tests/browser/bench.config.ts")
_MB = 1_000_000
_RATE = 2_000


def measure(quick: bool) -> list[Figure]:
    """Measure the run and its replays."""
    calls = 200 if quick else 10_000
    measured = _measured(calls)
    run = measured["run"]
    name = f"panel, {calls:,} sub-calls"
    replays = f"panel, {_RATE:,} sub-calls a second"
    share = (run["panel"] + run["record"]) / run["wall"] * 100
    return [
        Figure(f"{name}: the run", f"{run['wall']:.1f} s"),
        Figure(f"{name}: over the wire", f"{run['bytes'] / _MB:.2f} MB"),
        _busiest(name, run),
        _longest(name, run),
        Figure.at_most(f"{name}: of the kernel's time", share, 5, "%"),
        Figure(f"{name}: the panel in the kernel", f"{run['panel']:.2f} s"),
        Figure(f"{name}: the record in the kernel", f"{run['record']:.2f} s"),
        Figure(f"{name}: saved notebook", f"{run['saved'] / 1000:.0f} kB"),
        *(
            figure(f"{replays}, table {state}", measured[state])
            for state in ("folded", "open")
            for figure in (_busiest, _longest)
        ),
    ]


def _busiest(name: str, of: dict[str, float]) -> Figure:
    most = int(of["busiest"])
    return Figure(f"{name}: messages", f"{most} a second", "at most 10", most <= 10)


def _longest(name: str, of: dict[str, float]) -> Figure:
    shown = f"{of['longest']:.0f} ms ({of['processor']:.0f} of processor)"
    return Figure(f"{name}: longest task", shown, "under 100 ms", of["longest"] < 100)


def _measured(calls: int) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        settings = {
            "PANEL_CALLS": str(calls),
            "PANEL_RATE": str(_RATE),
            "PANEL_FIGURES": str(figures),
            "PYTHON": sys.executable,
            "PYTHONPATH": str(_ROOT),  # the kernel imports `benchmarks.panel_load`
        }
        done = subprocess.run(
            _SCRIPT, cwd=_ROOT, env=os.environ | settings, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"The panel could not be measured:\n{done.stdout}")
        measured: dict[str, Any] = json.loads(figures.read_text())
        return measured
