"""Plays the browser's part of a panel over the kernel's messages, as the widget's module does."""

from __future__ import annotations

import json
from typing import Any

from tests.kernel.harness import Comm, Kernel

__all__ = ["PanelInBrowser", "panels"]


def panels(kernel: Kernel) -> list[Comm]:
    """The models of panels that the kernel has opened, oldest first."""
    return [
        comm
        for comm in kernel.comms.values()
        if str(comm.data.get("state", {}).get("_anywidget_id", "")).endswith("PanelWidget")
    ]


class PanelInBrowser:
    """One browser that shows the newest panel; it says hello when it is made."""

    def __init__(
        self, kernel: Kernel, *, subshell: str | None = None, comm: Comm | None = None
    ) -> None:
        self.kernel = kernel
        self._subshell = subshell
        if comm is None:
            opened = len([it for it in panels(kernel) if it.closed])
            kernel.wait(lambda: len(panels(kernel)) > opened, "a panel")
            comm = panels(kernel)[-1]
        self.comm = comm
        self._first = len(comm.messages)
        self.send(kind="hello", have=0)

    def send(self, **content: Any) -> None:
        """Send a message of the panel's protocol."""
        data = {"method": "custom", "content": content}
        self.comm.send(data, subshell=self._subshell)

    def messages(self, kind: str) -> list[tuple[dict[str, Any], bytes]]:
        """What came so far of a kind, each with its buffer."""
        received = zip(
            self.comm.messages[self._first :], self.comm.buffers[self._first :], strict=True
        )
        return [
            (data["content"], buffers[0] if buffers else b"")
            for data, buffers in received
            if data["method"] == "custom" and data["content"]["kind"] == kind
        ]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events so far, in order and each once."""
        known: dict[int, dict[str, Any]] = {}
        for _, buffer in self.messages("events"):
            for line in buffer.splitlines():
                event = json.loads(line)
                known[event["seq"]] = event
        return [known[seq] for seq in sorted(known)]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    def wait_for(self, kind: str, number: int = 1) -> dict[str, Any]:
        """Wait for the `number`th event of a type, and return it."""
        self.kernel.wait(lambda: len(self.of_type(kind)) >= number, f"{number} {kind} events")
        return self.of_type(kind)[number - 1]

    def decide(self, proposal: dict[str, Any], decision: str, **more: Any) -> None:
        """Send a decision about what a `code_proposed` or `spend_proposed` event shows."""
        place = {name: proposal.get(name, 0) for name in ("run", "step", "block", "spend")}
        self.send(kind="decide", **place, decision=decision, **more)
