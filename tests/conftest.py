"""What all tests share: an isolated environment, and the scripted model provider."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.client import FakeOpenAI

ISOLATION = Path(__file__).parent / "isolation"

# Settings and credentials of the person who runs the tests, which must not reach them.
PERSONAL = re.compile(
    r"(RLM|LITELLM|OPENAI|ANTHROPIC|AZURE|AWS|GOOGLE|GEMINI|JUPYTER|XDG)_|IPYTHONDIR$"
    r"|.*_(API_?KEY|API_?BASE|BASE_URL|TOKEN)$|(HTTPS?|ALL|NO)_PROXY$",
    re.IGNORECASE,
)


def isolated_environment(home: Path) -> dict[str, str]:
    """The environment for tests: a home of their own, no settings, no keys, no network."""
    environment = {name: value for name, value in os.environ.items() if not PERSONAL.match(name)}
    folders = {
        "HOME": "",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "jupyter/config",
        "JUPYTER_DATA_DIR": "jupyter/data",
        "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
    }
    for name, folder in folders.items():
        (home / folder).mkdir(parents=True, exist_ok=True)
        environment[name] = str(home / folder)
    python_path = filter(None, [str(ISOLATION), os.environ.get("PYTHONPATH")])
    return environment | {
        "JUPYTER_PLATFORM_DIRS": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MODE": "PRODUCTION",
        "PYTHONPATH": os.pathsep.join(python_path),
    }


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the session before any test module is imported, and undo that at its end."""
    home = Path(tempfile.mkdtemp(prefix="rlm-tests-"))
    before = dict(os.environ)
    replace_environment(isolated_environment(home))
    refuse_the_network()

    def restore() -> None:
        replace_environment(before)
        shutil.rmtree(home, ignore_errors=True)

    config.add_cleanup(restore)


def replace_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def refuse_the_network() -> None:
    spec = importlib.util.spec_from_file_location("isolation", ISOLATION / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.fixture(scope="session")
def openai_server() -> Iterator[FakeOpenAI]:
    """The process of the scripted provider, shared by the session; tests ask for `server`."""
    with FakeOpenAI.start() as server:
        yield server


@pytest.fixture
def server(openai_server: FakeOpenAI) -> FakeOpenAI:
    """The scripted provider, with an empty script, no rules, and no requests received."""
    openai_server.reset()
    forget_refusals()
    return openai_server


def forget_refusals() -> None:
    """How fast a model takes requests is known to all runs of a process; a test begins anew."""
    if scheduler := sys.modules.get("rlm_magic.models.scheduling.scheduler"):
        scheduler._pace.cache_clear()


@pytest.fixture
def trace_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that runs of this test write their traces to (RLM_TRACE_DIR)."""
    monkeypatch.setenv("RLM_TRACE_DIR", str(tmp_path))
    return tmp_path
