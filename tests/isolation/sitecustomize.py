"""Keeps a Python process off the network: only this machine can be reached.

Test processes import it, and their child processes find it through PYTHONPATH.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

__all__ = ["refuse_the_network"]

NAMES = {"", "localhost", "localhost.localdomain", socket.gethostname()}


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook that fails a connection, or a name look-up, that leaves this machine."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # else a local socket
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not is_local(host):
        raise socket.gaierror(
            socket.EAI_NONAME, f"tests may not use the network (tried to reach {host!r})"
        )


def is_local(host: str | bytes | bytearray | None) -> bool:
    name = host.decode() if isinstance(host, bytes | bytearray) else host
    if name is None or name.lower() in NAMES:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


sys.addaudithook(refuse_the_network)
