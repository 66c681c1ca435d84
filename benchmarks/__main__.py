"""Runs the benchmarks and prints their table; misses change the exit code only with `--check`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module

from benchmarks.figures import Figure, table

__all__ = ["BENCHMARKS", "main"]

# Each is a module of this package with a function `measure(quick) -> list[Figure]`.
BENCHMARKS = ("run_start", "steps", "describe", "imports", "calls", "interrupts", "panel")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", choices=BENCHMARKS,
                        help=f"one of {', '.join(BENCHMARKS)}; may be repeated")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--check", action="store_true", help="exit code 1 if a goal is missed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rlm-bench-") as folder:
        os.environ.update(_settings(folder))
        figures = [
            figure
            for name in options.only or BENCHMARKS
            for figure in _measure(name, options.quick)
        ]
    print(table(figures))
    missed = [figure.name for figure in figures if figure.met is False]
    if options.check and missed:
        print(f"\nMissed: {'; '.join(missed)}.", file=sys.stderr)
        return 1
    return 0


def _measure(name: str, quick: bool) -> list[Figure]:
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    measured: list[Figure] = import_module(f"benchmarks.{name}").measure(quick)
    return measured


def _settings(folder: str) -> dict[str, str]:
    """An environment that nothing personal slows down or is written to."""
    return {
        "IPYTHONDIR": folder,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MODE": "PRODUCTION",
        "NO_PROXY": "127.0.0.1",
        "RLM_TRACE_DIR": folder,
    }


if __name__ == "__main__":
    sys.exit(main())
