"""Serves the browser tests a JupyterLab of their own, away from the person's files and settings.

Its kernels find the scripted model server, which the tests control. Prints one line with both
addresses when all is ready. Everything it made is gone when it ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

# Started by its path, the script has to find the package of the tests.
sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.servers.client import FakeOpenAI

READY_WITHIN = 60  # seconds

# The server has no token: it listens on the loopback interface only, in an empty folder.
CONFIG = {
    "ServerApp": {
        "ip": "127.0.0.1",
        "port_retries": 0,
        "open_browser": False,
        "allow_root": True,
        "disable_check_xsrf": True,
    },
    "IdentityProvider": {"token": ""},
    "LabApp": {"expose_app_in_browser": True},
    "JupyterNotebookApp": {"expose_app_in_browser": True},
}
# It asks whether to fetch news, on top of what a test looks at.
DISABLED = "@jupyterlab/apputils-extension:announcements"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(home: Path, models: FakeOpenAI) -> dict[str, str]:
    ours = ("JUPYTER", "IPYTHON", "RLM_", "OPENAI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "OPENAI_API_KEY": "test",
        "OPENAI_BASE_URL": models.url,
        "RLM_TRACE_DIR": str(home / "files" / "traces"),
    }


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"JupyterLab ended with code {server.returncode} before it was ready.")
        try:
            urllib.request.urlopen(f"{url}/api", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    sys.exit(f"JupyterLab was not ready within {READY_WITHIN} seconds.")


def serve(home: Path, models: FakeOpenAI) -> None:
    files = home / "files"
    files.mkdir()
    config = home / "server.json"
    config.write_text(json.dumps(CONFIG))
    page_config = home / "config" / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True)
    page_config.write_text(json.dumps({"disabledExtensions": {DISABLED: True}}))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", f"--config={config}", f"--port={port}"]
    command += ["--log-level=ERROR"]
    server = subprocess.Popen(command, cwd=files, env=environment(home, models))
    try:
        wait_until_ready(url, server)
        print(f"JupyterLab is ready at {url}, the models at {models.base}", flush=True)
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        TemporaryDirectory(prefix="rlm-magic-lab-", ignore_cleanup_errors=True) as folder,
        FakeOpenAI.start() as models,
    ):
        serve(Path(folder), models)


if __name__ == "__main__":
    main()
