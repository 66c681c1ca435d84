"""Import of the package, and `%load_ext` in an IPython shell, each in a new process every time.

An import is counted as the time of `python -c "import …"` above that of `python -c pass`, median
of pairs. `%load_ext rlm_magic` is timed inside of a real `ipython` process, where IPython and
traitlets are loaded already: what is counted is what the extension adds to a shell that is there.
"""

from statistics import median

from benchmarks.figures import Figure
from benchmarks.processes import run, seconds_of

__all__ = ["measure"]

_LOAD = """
import time
started = time.perf_counter()
get_ipython().run_line_magic("load_ext", "rlm_magic")
seconds = time.perf_counter() - started
assert "rlm" in get_ipython().magics_manager.magics["cell"]
print(seconds)
"""


def measure(quick: bool) -> list[Figure]:
    """Measure the imports and the extension."""
    times = 1 if quick else 15
    return [
        Figure.at_most("import rlm_magic", _import("import rlm_magic", times), 0.15, "s", 3),
        Figure.at_most("%load_ext rlm_magic", _load_ext(times), 0.15, "s", 3),
        Figure("from rlm_magic import RLM", f"{_import('from rlm_magic import RLM', times):.3f} s"),
    ]


def _import(statement: str, times: int) -> float:
    run("-c", statement)  # writes the bytecode
    return median(seconds_of("-c", statement) - seconds_of("-c", "pass") for _ in range(times))


def _load_ext(times: int) -> float:
    def once() -> float:
        return float(run("-m", "IPython", "--no-banner", "-c", _LOAD).split()[-1])

    once()
    return median(once() for _ in range(times))
