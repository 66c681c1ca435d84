"""What a run leaves in the notebook, with a kernel and without one."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.kernel.harness import Kernel
from tests.kernel.outcome import RECORD, CellOutcome
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI


class Reader(HTMLParser):
    """Reads HTML as a browser does: its tags, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def records(outcome: CellOutcome) -> list[dict[str, Any]]:
    """The records among the displays of a cell."""
    return [display.data for display in outcome.displays if RECORD in display.data]


def test_a_text_is_shown_in_the_record_and_can_be_read_without_the_extension(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    text = "# Title\n\n- **one**\n- `two`\n\nline\nline"
    server.script(repl(f"FINAL({text!r})"))
    outcome = rlm_kernel.run("%%rlm -a never\nWhy?")
    [display] = outcome.displays
    assert set(display.data) == {RECORD, "text/html", "text/plain"}
    assert display.data["text/plain"].startswith(f"{text}\n[answered")
    for part in ("Title</h1>", "<strong>one</strong>", "<code>two</code>", "line<br"):
        assert part in display.data["text/html"]


def test_quietly_a_text_is_markdown(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    text = "# Title\n\n- **one**\n- `two`"
    server.script(repl(f"FINAL({text!r})"))
    outcome = rlm_kernel.run("%%rlm -q -a never\nWhy?")
    [shown] = [display.data for display in outcome.displays]
    assert set(shown) == {"text/markdown", "text/plain"}
    assert shown["text/plain"] == text
    assert [line.rstrip() for line in shown["text/markdown"].split("\n")] == text.split("\n")


def test_an_object_is_shown_by_the_shells_own_display(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})")
    server.script([*repl("FINAL(df * 2)"), *repl("FINAL({'b': [1] * 3})"), *repl("FINAL(False)")])
    frame, mapping, no = (rlm_kernel.run("%%rlm -a never\nWhy?").displays[-1].data for _ in "123")

    assert "<table" in frame["text/html"]
    assert frame["text/plain"] == rlm_kernel.eval("repr(df * 2)")
    assert mapping == {"text/plain": "{'b': [1, 1, 1]}"}
    assert no == {"text/plain": "False"}


def test_the_progress_is_replaced_by_a_record(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    gated = {"content": repl("replies = llm_query_batched(['a', 'b'])")[0], "hold": "first"}
    server.script([*repl("print('seen')"), gated, *repl("FINAL(replies)")])
    server.rule("b", "late", hold="second")
    cell = rlm_kernel.start("%%rlm -a never\nHow many?")
    cell.wait_for_output("step 2 · asking the root model")
    assert "▸ step 1\n  │ print('seen')\n  → seen\nopenai/scripted · step 2" in cell.outcome.text
    server.open("first")
    cell.wait_for_output("running code · 1/2 sub-calls")
    assert "▸ step 2\n  │ replies = llm_query_batched(['a', 'b'])\n" in cell.outcome.text
    server.open("second")

    outcome = cell.wait()
    [record] = records(outcome)
    assert set(record) == {RECORD, "text/plain", "text/html"}
    assert record["text/plain"].startswith("[answered · 3 steps · 2 sub-calls · ")
    read = Reader(record["text/html"])
    for part in ("openai/scripted", "Step 1", "print('seen')", "seen\n", "Step 2"):
        assert part in read.text
    assert outcome.stdout == outcome.stderr == ""


def test_a_long_run_stays_compact_while_it_lasts(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    steps = repl(*[f"print('x' * 500)\nfor i in range(99): print({n}, i)" for n in range(8)])
    server.script([*steps, {"content": repl("FINAL(1)")[0], "hold": "gate"}])
    cell = rlm_kernel.start("%%rlm -a never\nWhy?")
    cell.wait_for_output("step 9 · asking the root model")
    lines = cell.outcome.text.splitlines()
    assert lines[0] == "… 3 earlier"
    assert "  → … 94 more lines" in lines
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 170
    server.open("gate")
    cell.wait()


def test_a_run_that_failed_says_why_once(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script([{"content": "no such thing", "status": 404}])
    outcome = rlm_kernel.run("%%rlm -a never\nWhy?")

    assert outcome.error is not None
    assert outcome.error.traceback.startswith("RunEnded: openai/scripted at http://127.0.0.1")
    assert "was not found: check the model's name and the API base." in outcome.error.traceback
    assert "\n" not in outcome.error.traceback
    assert [d.data["text/plain"] for d in outcome.displays] == [
        "[failed · 0 steps · 0 sub-calls · 1 failed · 0 tokens]"
    ]
    shown, _, to_unfold = outcome.displays[0].data["text/html"].partition("<details>")
    assert "was not found" not in shown
    assert to_unfold.count("was not found") == 1
    assert rlm_kernel.eval("_rlm.status") == "failed"


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>"


@pytest.mark.parametrize("kind", ["text", "object"])
def test_nothing_in_a_record_can_run(rlm_kernel: Kernel, server: FakeOpenAI, kind: str) -> None:
    answer = f"FINAL({HOSTILE!r})" if kind == "text" else f"FINAL([{HOSTILE!r}])"
    prose = f"{HOSTILE}\n\n{repl(f'print({HOSTILE!r})')[0]}"
    server.script([prose, HOSTILE, *repl(f"raise ValueError({HOSTILE!r})", answer)])
    outcome = rlm_kernel.run(f"%%rlm -a never\nWhat is {HOSTILE}?")
    shown = rlm_kernel.run("_rlm").execute_result

    assert shown is not None
    [record] = records(outcome)
    for html in (record["text/html"], shown["text/html"]):
        read = Reader(html)
        assert read.tags <= {"div", "details", "summary", "p", "strong", "pre", "code", "span"}
        assert read.attributes <= {"class", "style"}
        assert HOSTILE in read.text
    if kind == "object":
        assert "text/html" not in outcome.displays[-1].data


def test_hostile_words_in_the_progress_are_words(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    code = repl(f"print({HOSTILE!r})")
    server.script([*code, {"content": repl("FINAL(1)")[0], "hold": "gate"}])
    cell = rlm_kernel.start("%%rlm -a never\nWhy?")
    cell.wait_for_output("step 2 · asking")
    read = Reader(cell.outcome.displays[0].data["text/html"])
    assert (read.tags, read.attributes) == ({"pre"}, {"style"})
    assert HOSTILE in read.text
    server.open("gate")
    cell.wait()


CELLS = [
    "%load_ext rlm_magic",
    "%config RLMMagics.model = 'openai/scripted'",
    "text, n = 'abc' * 100, 3",
    "%%rlm -a never\nWhat is in it?",
    "_rlm",
    "%%rlm -a never -c text -o out\nAnd now?",
    "out",
]


def executed(server: FakeOpenAI) -> nbformat.NotebookNode:
    """A notebook after Run All in a fresh kernel, as nbclient saves it."""
    server.reset()
    server.script(
        repl(
            "print(len(text))\ndisplay({'shown': n})\nx = llm_query_batched(['a', 'b', 'c'])",
            "FINAL('**bold** ' + x[0])",
            "FINAL([context.count('b')])",
        )
    )
    cells = [nbformat.v4.new_code_cell(cell, id=f"cell-{i}") for i, cell in enumerate(CELLS)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3", record_timing=False).execute()
    return notebook


def data_of(notebook: nbformat.NotebookNode) -> list[Any]:
    """What nbval compares: the data of the outputs, and not their metadata."""
    return [output.get("data") for cell in notebook.cells for output in cell.outputs]


def test_a_saved_notebook_reads_well_and_comes_out_the_same_twice(
    server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("RLM_TRACE_DIR", str(tmp_path))
    notebook = executed(server)
    assert data_of(notebook) == data_of(executed(server))

    nbformat.validate(notebook)
    asked, shown_again, second, out = (cell.outputs for cell in notebook.cells[3:])
    assert [output.output_type for output in asked] == ["display_data"] * 2
    record, shown = (output.data for output in asked)
    assert record["text/plain"].startswith("**bold** echo: a\n[answered · 2 steps · 3 sub-calls · ")
    read = Reader(record["text/html"]).text
    assert "openai/scripted · answered · 2 steps" in read
    assert "x = llm_query_batched(['a', 'b', 'c'])" in read
    assert shown["text/plain"] == "{'shown': 3}"
    assert "<strong>bold</strong> echo: a" in record["text/html"]
    assert "What is in it?" in Reader(shown_again[0].data["text/html"]).text
    assert second[-1].data["text/plain"] == out[0].data["text/plain"] == "[100]"
    assert "widgets" not in notebook.metadata
