"""Other tools of the kind, from PyPI, each in an environment of its own under `build/peers`."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

__all__ = ["PEERS", "Peer"]

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool, and how many sub-calls of a batch it has in flight at its defaults."""

    name: str
    concurrency: int
    script: str = ""  # what its root model says, so that `{calls}` sub-calls are made

    @property
    def _folder(self) -> Path:
        return _ROOT / "build" / "peers" / self.name

    @property
    def _python(self) -> Path:
        return self._folder / "bin" / "python"

    @property
    def version(self) -> str:
        """The installed version."""
        packages = self._folder.glob("lib/python*/site-packages")
        found = distributions(name=self.name, path=[str(path) for path in packages])
        return next(iter(found)).version

    def install(self) -> bool:
        """Make the environment if there is none, and return whether there is one now."""
        done = self._folder / ".installed"
        if not done.exists():
            print(f"installing {self.name} …", file=sys.stderr, flush=True)
            pip = [str(self._python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
            try:
                subprocess.run([sys.executable, "-m", "venv", self._folder], check=True)
                subprocess.run([*pip, self.name], check=True)
            except subprocess.CalledProcessError:
                return False
            done.touch()
        return True

    def run(self, url: str, calls: int, batches: int) -> list[dict[str, Any]]:
        """Return the figures of batches that a program of this tool makes, `batches.measured`."""
        program = Path(__file__).with_name(f"run_{self.name}.py")
        command = [str(self._python), str(program), url, str(calls), str(batches)]
        with tempfile.TemporaryDirectory(prefix="rlm-bench-") as folder:
            places = {"DSPY_CACHEDIR": folder, "PYTHONPATH": str(_ROOT)}
            done = subprocess.run(
                command, cwd=folder, env=os.environ | places, capture_output=True, text=True
            )
        if done.returncode:
            raise RuntimeError(f"The benchmark's program of {self.name} failed:\n{done.stderr}")
        figures: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return figures


_RLMS = """```repl
from benchmarks.batches import measured
answer["content"] = measured(llm_query_batched, {calls})
answer["ready"] = True
```"""

PEERS = (Peer("rlms", 16, _RLMS), Peer("dspy", 8))
