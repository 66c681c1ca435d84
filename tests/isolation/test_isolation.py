"""The surroundings of every test: nothing of the person's, and no network."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_home_is_a_temporary_one() -> None:
    home = Path.home()
    assert home.name.startswith("rlm-tests-")
    assert Path(os.environ["IPYTHONDIR"]).is_relative_to(home)


def test_no_settings_or_keys_are_left_in_the_environment() -> None:
    program = """if True:
        import os, pathlib, sys
        sys.path.insert(0, os.getcwd())
        from tests.conftest import isolated_environment
        print(sorted(isolated_environment(pathlib.Path(sys.argv[1])).items() & MARKED.items()))
    """
    marked = dict.fromkeys(
        ["OPENAI_API_KEY", "RLM_MODEL", "SOME_API_BASE", "https_proxy", "KEPT"], "mark"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program.replace("MARKED", repr(marked)), str(Path.home())],
        env=dict(os.environ) | marked,
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[('KEPT', 'mark')]\n"


@pytest.mark.parametrize("host", ["example.com", "192.0.2.1"])
def test_the_network_is_refused(host: str) -> None:
    with pytest.raises(OSError, match="tests may not use the network"):
        socket.create_connection((host, 80))


async def test_the_network_is_refused_to_asyncio() -> None:
    with pytest.raises(OSError, match="tests may not use the network"):
        await asyncio.open_connection("example.com", 80)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        socket.create_connection(listening.getsockname()).close()
