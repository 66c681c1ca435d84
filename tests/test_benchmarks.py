"""`make bench` can be run: every benchmark measures something, at sizes that take no time."""

import subprocess
import sys
from pathlib import Path


def test_every_benchmark_prints_its_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
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
