"""IPython in a terminal for tests; starting one takes well under a second, so each is fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.servers.client import FakeOpenAI
from tests.terminal.harness import Terminal


@pytest.fixture
def new_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Terminal]]:
    """Starts IPython in the test's folder: `new_terminal()`, `new_terminal(simple=False)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(Terminal(**options)))


@pytest.fixture
def terminal(new_terminal: Callable[..., Terminal]) -> Terminal:
    """An IPython with a simple prompt."""
    return new_terminal()


@pytest.fixture
def rlm_terminal(
    trace_dir: Path, server: FakeOpenAI, new_terminal: Callable[..., Terminal]
) -> Terminal:
    """`terminal` with rlm_magic loaded, its model "openai/scripted" on the scripted provider."""
    terminal = new_terminal()
    terminal.run("%load_ext rlm_magic")
    terminal.run('%config RLMMagics.model = "openai/scripted"')
    terminal.run(f'%config RLMMagics.api_base = "{server.url}"')
    return terminal
