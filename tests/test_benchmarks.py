"""`make bench` can be run: each benchmark measures something, at sizes that take no time.

That of the panel is left out: it needs Chromium, which these tests do without.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.__main__ import BENCHMARKS


def test_every_benchmark_prints_its_figures() -> None:
    chosen = [part for name in BENCHMARKS if name != "panel" for part in ("--only", name)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *chosen],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    header, _, *rows = done.stdout.splitlines()
    assert header.split() == ["|", "name", "|", "figure", "|", "goal", "|", "met", "|"]
    names = "\n".join(row.split("|")[1] for row in rows)
    for benchmark in ("MB str", "one step", "variables described", "import", "sub-calls"):
        assert benchmark in names
