"""What a cell did, as a front end would show it: a fold over the messages that it caused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["RECORD", "CellError", "CellOutcome", "Display"]

RECORD = "application/vnd.rlm.run+json"
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class CellError:
    ename: str
    evalue: str
    traceback: str  # without colours


@dataclass
class Display:
    """One display, with the updates to its display_id applied."""

    data: dict[str, Any]
    metadata: dict[str, Any]
    display_id: str | None


@dataclass
class CellOutcome:
    """Everything that a cell's own messages say."""

    status: str = "running"  # then "ok", "error" or "aborted"
    stdout: str = ""
    stderr: str = ""
    error: CellError | None = None
    displays: list[Display] = field(default_factory=list)
    execute_result: dict[str, Any] | None = None  # a mime bundle
    execution_count: int | None = None
    payload: list[dict[str, Any]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)  # of its calls of input()
    messages: list[dict[str, Any]] = field(default_factory=list)
    idle_at: float | None = None  # time.monotonic() when the kernel said it was done
    _clear_next: bool = False

    @property
    def done(self) -> bool:
        return self.status != "running" and self.idle_at is not None

    @property
    def text(self) -> str:
        """All its output as plain text: streams, displays, the result, the error."""
        bundles = [*(display.data for display in self.displays), self.execute_result or {}]
        shown = [str(bundle["text/plain"]) for bundle in bundles if "text/plain" in bundle]
        error = [self.error.traceback] if self.error else []
        return "\n".join(filter(None, [self.stdout, self.stderr, *shown, *error]))

    @property
    def answer(self) -> str:
        """A run's answer as its cell shows it: on top of the record, or in a display below."""
        text: str = self.displays[-1].data["text/plain"]
        summary = text.rfind("\n[")
        return text[:summary] if RECORD in self.displays[-1].data else text

    @property
    def next_input(self) -> str | None:
        """The text that the cell put into the next cell (`set_next_input`)."""
        texts = [item["text"] for item in self.payload if item["source"] == "set_next_input"]
        return texts[-1] if texts else None

    def apply(self, message: dict[str, Any], shown: dict[str, list[Display]]) -> None:
        """Fold in a message; `shown` holds the displays of the whole kernel by display_id."""
        self.messages.append(message)
        content: dict[str, Any] = message["content"]
        match message["header"]["msg_type"]:
            case "execute_reply":
                self.status = content["status"]
                self.execution_count = content.get("execution_count")
                self.payload = content.get("payload", [])
            case "input_request":
                self.prompts.append(content["prompt"])
            case "clear_output" if content["wait"]:
                self._clear_next = True
            case "clear_output":
                self._clear()
            case "stream" | "display_data" | "execute_result" | "error" as kind:
                if self._clear_next:
                    self._clear()
                self._show(kind, content, shown)

    def _show(self, kind: str, content: dict[str, Any], shown: dict[str, list[Display]]) -> None:
        match kind:
            case "stream" if content["name"] == "stdout":
                self.stdout += content["text"]
            case "stream":
                self.stderr += content["text"]
            case "display_data":
                display_id = content.get("transient", {}).get("display_id")
                display = Display(content["data"], content["metadata"], display_id)
                self.displays.append(display)
                if display_id:
                    shown.setdefault(display_id, []).append(display)
            case "execute_result":
                self.execute_result = content["data"]
            case "error":
                traceback = ANSI.sub("", "\n".join(content["traceback"]))
                self.error = CellError(content["ename"], content["evalue"], traceback)

    def _clear(self) -> None:
        self.stdout = self.stderr = ""
        self.displays, self.execute_result, self.error = [], None, None
        self._clear_next = False
