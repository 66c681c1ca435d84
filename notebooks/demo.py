"""Runs the quickstart from top to bottom and prints its questions, its answers and their checks.

No key and no network are needed: the model is the offline one that ships with the package.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOK = Path(__file__).with_name("quickstart.ipynb")
LONGEST = 8  # lines of an answer


def main() -> int:
    """Run the notebook; return the exit status."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        on_cell_executed=show,
    )
    print(f"Running {NOTEBOOK.name} on the offline model.\n", flush=True)
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    return 0


def show(cell: Any, cell_index: int, execute_reply: Any) -> None:
    """Print what a cell that has run says to a reader."""
    texts = [text for output in cell.outputs if (text := text_of(output).strip())]
    if cell.source.startswith("%%rlm"):
        options, _, question = cell.source.partition("\n")
        print(f"{options}\n{textwrap.indent(question.strip(), '  ')}\n")
        figures, *answers = texts
        print(textwrap.indent(shortened("\n".join(answers)), "  → "))
        print(f"  {figures}\n", flush=True)
    elif texts:
        print("\n".join(texts), end="\n\n", flush=True)


def text_of(output: Any) -> str:
    """Return an output as text."""
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/plain", ""))


def shortened(text: str) -> str:
    """Return the first lines of a long text, and how long it is."""
    lines = [textwrap.shorten(line, 110, placeholder=" …") for line in text.splitlines()]
    if len(lines) <= LONGEST:
        return "\n".join(lines)
    return "\n".join([*lines[:LONGEST], f"… {len(lines):,} lines, {len(text):,} characters in all"])


if __name__ == "__main__":
    sys.exit(main())
