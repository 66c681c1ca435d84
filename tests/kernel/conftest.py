"""Kernels for tests: one shared process that every test finds clean, and fresh ones on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.kernel.harness import Kernel
from tests.servers.client import FakeOpenAI

ENVIRONMENT = {"OPENAI_API_KEY": "test"}

# What an earlier test has configured is put back to its defaults.
SET_UP = """
def _set_up(api_base, trace_dir):
    import os, sys
    shell = get_ipython()
    os.environ["RLM_TRACE_DIR"] = trace_dir
    shell.run_line_magic("load_ext", "rlm_magic")
    magics = next(c for c in shell.configurables if type(c).__name__ == "RLMMagics")
    for name in magics.trait_names(config=True):
        setattr(magics, name, magics.trait_defaults(name))
    magics.model, magics.api_base = "openai/scripted", api_base
    if scheduler := sys.modules.get("rlm_magic.models.scheduling.scheduler"):
        scheduler._pace.cache_clear()  # of what an earlier test's model refused
    magics.panel = False  # no browser will say hello; tests of the panel set it
_set_up({api_base!r}, {trace_dir!r})
del _set_up
"""


@pytest.fixture(scope="session")
def kernel_process() -> Iterator[Kernel]:
    """The process that is shared by the session; tests ask for `kernel`."""
    with closing(Kernel(ENVIRONMENT)) as kernel:
        yield kernel


@pytest.fixture
def kernel(kernel_process: Kernel, tmp_path: Path) -> Kernel:
    """A kernel with an empty namespace, in the test's own folder."""
    kernel_process.clean_up(str(tmp_path))
    return kernel_process


@pytest.fixture
def new_kernel() -> Iterator[Callable[[], Kernel]]:
    """Starts kernels that no other test has used: `kernel = new_kernel()`."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Kernel(ENVIRONMENT)))


@pytest.fixture
def rlm_kernel(kernel: Kernel, server: FakeOpenAI, trace_dir: Path) -> Kernel:
    """The kernel with `rlm_magic` loaded, its model "openai/scripted" on the scripted provider."""
    kernel.do(SET_UP.format(api_base=server.url, trace_dir=str(trace_dir)))
    return kernel
