"""Drives a real ipykernel as a front end does: runs cells, answers input, interrupts, sends comms.

One thread, no background readers: whoever waits reads the kernel's messages, all channels at once,
and files them by the cell that caused them.
"""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import zmq
from jupyter_client.manager import KernelManager

from tests.kernel.outcome import CellOutcome, Display

__all__ = ["Cell", "Comm", "Kernel"]

CHANNELS = ("iopub", "shell", "stdin", "control")

# Gives the next test the kernel as it was when it started: names, environment, folder, numbering.
CLEAN_UP = """
def _clean_up(environment, folder):
    import gc, os
    gc.freeze()  # a reset collects garbage, which takes long among all that litellm has loaded
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    get_ipython().reset(new_session=True)
_clean_up({environment!r}, {folder!r})
"""


@dataclass
class Comm:
    """A comm that the kernel opened, and what it sent."""

    kernel: Kernel = field(repr=False)
    id: str
    target: str
    data: dict[str, Any]  # of the message that opened it
    messages: list[dict[str, Any]] = field(default_factory=list)  # the data of each
    buffers: list[list[bytes]] = field(default_factory=list)  # of the message at the same place
    closed: bool = False

    def send(self, data: Mapping[str, Any], *, subshell: str | None = None) -> None:
        """Send a message to the kernel, on a subshell (as JupyterLab does) or the main shell."""
        content = {"comm_id": self.id, "data": dict(data)}
        self.kernel.request("shell", "comm_msg", content, subshell=subshell)

    def close(self) -> None:
        """Close it from the front end's side."""
        self.kernel.request("shell", "comm_close", {"comm_id": self.id, "data": {}})
        self.closed = True


class Cell:
    """A cell that runs. Every wait has a time limit and fails the test when it is over."""

    def __init__(self, kernel: Kernel, outcome: CellOutcome) -> None:
        self.outcome = outcome
        self._kernel = kernel
        self._answered = 0

    def wait_for_output(self, text: str, *, timeout: float = 30) -> None:
        """Wait until the output holds the text."""
        self._kernel.wait(
            lambda: text in self.outcome.text or self.outcome.done, f"output {text!r}", timeout
        )
        assert text in self.outcome.text, f"the cell ended without {text!r}: {self.outcome.text}"

    def wait_for_input(self, *, timeout: float = 30) -> str:
        """Wait until the cell asks for input that was not answered yet, and return the prompt."""
        self._kernel.wait(lambda: self.is_asking or self.outcome.done, "an input request", timeout)
        assert self.is_asking, f"the cell ended without asking for input: {self.outcome.text}"
        return self.outcome.prompts[-1]

    @property
    def is_asking(self) -> bool:
        return len(self.outcome.prompts) > self._answered

    def answer(self, text: str, *, timeout: float = 30) -> str:
        """Answer the cell's request for input, once it is there; return its prompt."""
        prompt = self.wait_for_input(timeout=timeout)
        self._answered += 1
        self._kernel.request("stdin", "input_reply", {"value": text})
        return prompt

    def interrupt(self, *, timeout: float = 30) -> float:
        """Interrupt it as the stop button does; return the seconds until the kernel was idle."""
        began = time.monotonic()
        self._kernel.interrupt()
        self._kernel.wait(lambda: self.outcome.done, "the end of an interrupted cell", timeout)
        assert self.outcome.idle_at is not None
        return self.outcome.idle_at - began

    def wait(self, *, timeout: float = 30) -> CellOutcome:
        """Wait for the end of the cell; a question that nobody will answer fails the test."""
        self._kernel.wait(
            lambda: self.outcome.done or self.is_asking, "the end of the cell", timeout
        )
        assert not self.is_asking, f"the cell asked for input: {self.outcome.prompts[-1]!r}"
        return self.outcome


class Kernel:
    """A kernel process in the environment of the tests, and its one client."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = dict(os.environ) | dict(environment or {})
        self._shown: dict[str, list[Display]] = {}
        self._outcomes: dict[str, CellOutcome] = {}
        self._replies: dict[str, dict[str, Any]] = {}
        self.comms: dict[str, Comm] = {}
        self._start()

    def _start(self) -> None:
        self._manager = KernelManager()
        self._manager.start_kernel(env=self._environment)
        self._client = self._manager.client()
        self._client.start_channels(hb=False)
        self._client.wait_for_ready(timeout=60)
        self._sockets = {getattr(self._client, f"{name}_channel").socket: name for name in CHANNELS}
        self.initial_environment: dict[str, str] = self.eval("dict(__import__('os').environ)")

    # Cells

    def start(
        self,
        code: str,
        *,
        stdin: bool = True,
        stop_on_error: bool = False,
        metadata: Mapping[str, Any] | None = None,
    ) -> Cell:
        """Start a cell; `stdin` says whether the front end lets it ask for input.

        With `stop_on_error` an error aborts the cells that are queued behind it, as Run All does.
        `metadata` is that of the request.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": stdin,
            "stop_on_error": stop_on_error,
        }
        message_id = self.request("shell", "execute_request", content, metadata=metadata)
        outcome = self._outcomes[message_id] = CellOutcome()
        return Cell(self, outcome)

    def run(
        self,
        code: str,
        *,
        timeout: float = 30,
        answers: Sequence[str] = (),
        stdin: bool = True,
    ) -> CellOutcome:
        """Run a cell to its end, giving the answers in turn to its requests for input.

        A request beyond the answers fails the test; with `stdin=False` the kernel itself refuses.
        """
        cell = self.start(code, stdin=stdin)
        for text in answers:
            cell.answer(text, timeout=timeout)
        return cell.wait(timeout=timeout)

    def eval(self, expression: str, *, timeout: float = 30) -> Any:
        """The value of an expression in the kernel's namespace, which must be a Python literal."""
        content = {
            "code": "",
            "silent": True,
            "store_history": False,
            "user_expressions": {"value": f"repr({expression})"},
            "allow_stdin": False,
        }
        reply = self.ask("shell", "execute_request", content, timeout=timeout)
        value = reply["user_expressions"]["value"]
        assert value["status"] == "ok", f"{value['ename']}: {value['evalue']}"
        return ast.literal_eval(ast.literal_eval(value["data"]["text/plain"]))

    def do(self, code: str, *, timeout: float = 30) -> None:
        """Run code without leaving a trace in the history; it has to succeed."""
        content = {"code": code, "silent": True, "store_history": False, "allow_stdin": False}
        reply = self.ask("shell", "execute_request", content, timeout=timeout)
        assert reply["status"] == "ok", f"{reply.get('ename')}: {reply.get('evalue')}"

    def complete(self, code: str, cursor_pos: int | None = None) -> list[str]:
        """The texts that completion makes of the code up to the cursor, best first."""
        position = len(code) if cursor_pos is None else cursor_pos
        content = {"code": code, "cursor_pos": position}
        reply = self.ask("shell", "complete_request", content)
        assert reply["status"] == "ok", f"{reply.get('ename')}: {reply.get('evalue')}"
        before = code[: reply["cursor_start"]]
        assert reply["cursor_end"] == position
        return [before + match for match in reply["matches"]]

    # The process

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def clean_up(self, folder: str) -> None:
        """Make it as good as new, in that folder; start it anew if a test has left it stuck."""
        if not self._becomes_idle():
            self.close()
            self._start()
        self._shown, self._outcomes, self._replies, self.comms = {}, {}, {}, {}
        self.do(CLEAN_UP.format(environment=self.initial_environment, folder=folder))

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._client.context.destroy(linger=0)

    # Messages

    def request(
        self,
        channel: str,
        kind: str,
        content: Mapping[str, Any],
        *,
        subshell: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Send a message and return its id."""
        message = self._client.session.msg(kind, dict(content), metadata=dict(metadata or {}))
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        getattr(self._client, f"{channel}_channel").send(message)
        return str(message["header"]["msg_id"])

    def ask(
        self, channel: str, kind: str, content: Mapping[str, Any], *, timeout: float = 30
    ) -> dict[str, Any]:
        """Send a request and return the content of its reply."""
        message_id = self.request(channel, kind, content)
        self.wait(lambda: message_id in self._replies, f"a reply to {kind}", timeout)
        return self._replies.pop(message_id)

    def create_subshell(self) -> str:
        return str(self.ask("control", "create_subshell_request", {})["subshell_id"])

    def delete_subshell(self, subshell: str) -> None:
        self.ask("control", "delete_subshell_request", {"subshell_id": subshell})

    def wait(
        self,
        reached: Callable[[], bool],
        what: str = "the condition",
        timeout: float = 30,
    ) -> None:
        """Read messages until the condition holds; fail the test when that takes too long."""
        deadline = time.monotonic() + timeout
        while not reached():
            left = deadline - time.monotonic()
            if not self._read(max(0, min(left, 1.0))) and not self._manager.is_alive():
                raise AssertionError(f"the kernel died while the test waited for {what}")
            if left <= 0 and not reached():
                running = [cell.text for cell in self._outcomes.values() if not cell.done]
                raise AssertionError(
                    f"waited {timeout:g} s for {what}; running cells show: {running}"
                )

    def _becomes_idle(self) -> bool:
        """Whether it can be used again, after an interrupt if a test left a cell running."""
        if not self._manager.is_alive():
            return False
        running = [outcome for outcome in self._outcomes.values() if not outcome.done]
        try:
            if running:
                self.interrupt()
                self.wait(lambda: all(outcome.done for outcome in running), timeout=5)
        except AssertionError:
            return False
        return True

    def _read(self, seconds: float) -> bool:
        """File the messages that are there, or that come within the time; say if any did."""
        poller = zmq.Poller()
        for socket in self._sockets:
            poller.register(socket, zmq.POLLIN)
        ready = poller.poll(int(seconds * 1000))
        for socket, _ in ready:
            channel = getattr(self._client, f"{self._sockets[socket]}_channel")
            while channel.msg_ready():
                self._file(channel.get_msg(timeout=0))
        return bool(ready)

    def _file(self, message: dict[str, Any]) -> None:
        parent = message["parent_header"].get("msg_id", "")
        content, kind = message["content"], message["header"]["msg_type"]
        outcome = self._outcomes.get(parent)
        if kind.endswith("_reply") and outcome is None:
            self._replies[parent] = content
        elif kind == "update_display_data":
            for display in self._shown.get(content["transient"]["display_id"], []):
                display.data, display.metadata = content["data"], content["metadata"]
        elif kind == "comm_open":
            comm = Comm(self, content["comm_id"], content["target_name"], content["data"])
            self.comms[comm.id] = comm
        elif kind == "comm_msg" and content["comm_id"] in self.comms:
            self.comms[content["comm_id"]].messages.append(content["data"])
            buffers = [bytes(buffer) for buffer in message["buffers"]]
            self.comms[content["comm_id"]].buffers.append(buffers)
        elif kind == "comm_close" and content["comm_id"] in self.comms:
            self.comms[content["comm_id"]].closed = True
        if outcome is not None:
            if kind == "status" and content["execution_state"] == "idle":
                outcome.idle_at = time.monotonic()
            outcome.apply(message, self._shown)
