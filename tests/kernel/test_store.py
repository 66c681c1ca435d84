"""The store of replies in a notebook: `--cache`, `%rlm store`, and the file beside the notebook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kernel.harness import Kernel
from tests.kernel.outcome import CellOutcome
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

ASK = "%%rlm -a never --cache {mode}\nHow is the weather?"


@pytest.fixture
def notebook(rlm_kernel: Kernel, tmp_path: Path) -> Path:
    """The kernel's notebook, with a store of its own in RLM_STORE."""
    path = tmp_path / "weather report.ipynb"
    path.write_text("{}")
    rlm_kernel.do(f"import os; os.environ['JPY_SESSION_NAME'] = {str(path)!r}")
    rlm_kernel.do(f"os.environ['RLM_STORE'] = {str(tmp_path / 'store.db')!r}; del os")
    return path


def ask(kernel: Kernel, mode: str = "on") -> CellOutcome:
    return kernel.run(ASK.format(mode=mode))


def script(server: FakeOpenAI) -> None:
    server.script(repl("FINAL(llm_query('Is it dry?'))"))
    server.rule("Is it dry?", "it rains")


def key_of(kernel: Kernel, text: str) -> str:
    listed = kernel.run(f"%rlm store list {text}").stdout
    return listed.split()[0]


def test_a_cell_that_runs_again_is_answered_by_the_store(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI
) -> None:
    script(server)
    assert ask(rlm_kernel).answer == "it rains"
    assert ask(rlm_kernel).answer == "it rains"
    assert server.counts()["received"] == 2


def test_the_summary_tells_what_is_kept_and_what_it_saved(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI
) -> None:
    script(server)
    ask(rlm_kernel)
    ask(rlm_kernel)
    lines = rlm_kernel.run("%rlm store").stdout.splitlines()
    assert lines[0] == f"store      {notebook.with_name('store.db')}"
    assert re.fullmatch(r"size       [\d.]+ kB, at most 1 GB", lines[1])
    assert lines[2:] == [
        "entries    2",
        "           openai/scripted: 2, price unknown",
        "session    2 replies came from the store (price unknown), 2 were added",
    ]


def test_an_empty_store_says_so(rlm_kernel: Kernel, notebook: Path) -> None:
    assert rlm_kernel.run("%rlm store list").stdout == "The store is empty.\n"
    assert "entries    0" in rlm_kernel.run("%rlm store").stdout


def test_entries_are_listed_and_shown(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI
) -> None:
    script(server)
    ask(rlm_kernel)
    [line] = rlm_kernel.run("%rlm store list rains").stdout.splitlines()
    assert re.fullmatch(r"[0-9a-f]{8} +\d+ s  openai/scripted  Is it dry\? -> it rains", line)
    shown = rlm_kernel.run(f"%rlm store show {line.split()[0]}").stdout
    assert "model       openai/scripted\n" in shown
    assert shown.endswith("\n--- user\nIs it dry?\n\n--- reply\nit rains\n")
    assert len(rlm_kernel.run("%rlm store list").stdout.splitlines()) == 2
    assert rlm_kernel.run("%rlm store list snow").stdout == "No entry holds 'snow'.\n"


def test_a_notebook_is_replayed_from_the_file_beside_it(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI, tmp_path: Path
) -> None:
    script(server)
    ask(rlm_kernel)
    beside = notebook.with_name("weather report.rlm.db")
    told = rlm_kernel.run("%rlm store export").stdout
    assert told.startswith(f"Added 2 entries to {beside}, which holds 2 now.")
    assert rlm_kernel.run("%rlm store prune --all").stdout.startswith("Removed 2 entries;")

    assert ask(rlm_kernel, "replay").answer == "it rains"
    assert server.counts()["received"] == 2
    assert f"beside     {beside}, " in rlm_kernel.run("%rlm store").stdout


def test_a_replay_that_leaves_the_recording_says_where(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI
) -> None:
    script(server)
    ask(rlm_kernel)
    changed = rlm_kernel.run("%%rlm -a never --cache replay\nHow was the weather?")
    assert server.counts()["received"] == 2
    text = changed.text
    assert "The store holds no reply to the root request of step 1: message 2 (user)" in text
    assert "recorded was" in text


def test_an_export_asks_for_a_path_where_the_notebook_is_not_known(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI, tmp_path: Path
) -> None:
    script(server)
    ask(rlm_kernel)
    notebook.unlink()
    refused = rlm_kernel.run("%rlm store export")
    assert "The notebook's own path isn't known here: write %rlm store export PATH." in refused.text
    told = rlm_kernel.run(f"%rlm store export '{tmp_path / 'of mine.db'}'").stdout
    assert told.startswith(f"Added 2 entries to {tmp_path / 'of mine.db'}")


def test_vs_code_tells_the_path_of_the_notebook(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI, tmp_path: Path
) -> None:
    script(server)
    ask(rlm_kernel)
    other = tmp_path / "other.ipynb"
    other.write_text("{}")
    rlm_kernel.run(f"__vsc_ipynb_file__ = {str(other)!r}")
    assert f"to {tmp_path / 'other.rlm.db'}, " in rlm_kernel.run("%rlm store export").stdout


def test_an_exported_file_can_be_imported(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI, tmp_path: Path
) -> None:
    script(server)
    ask(rlm_kernel)
    rlm_kernel.run("%rlm store export copy.db")
    rlm_kernel.run("%rlm store prune --model openai/scripted")
    told = rlm_kernel.run("%rlm store import copy.db").stdout
    assert told == "Added 2 of 2 entries in copy.db; the others were here before.\n"
    assert ask(rlm_kernel, "replay").answer == "it rains"


def test_what_was_used_lately_is_not_pruned(
    rlm_kernel: Kernel, notebook: Path, server: FakeOpenAI
) -> None:
    script(server)
    ask(rlm_kernel)
    assert rlm_kernel.run("%rlm store prune --older 1h").stdout.startswith("Removed 0 entries;")
    told = rlm_kernel.run("%rlm store prune --older 0s --model openai/scripted").stdout
    assert told.startswith("Removed 2 entries;")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("store sell", "%rlm store sell: there is no such command; say list, show, export, "),
        ("store extra", "there is no such command"),
        ("store show", "%rlm store show: the following arguments are required: key."),
        ("store show ffff", "No entry's key begins with ffff: %rlm store list shows the keys."),
        ("store export", "No run of this session has used the store: run cells with --cache on."),
        ("store import", "%rlm store import: the following arguments are required: path."),
        ("store import none.db", "There is no store at none.db: give the path where it is."),
        ("store import 'none.db", "%rlm store import: a quotation mark is not closed."),
        ("store prune", "Say what to remove: --older 30d, --model NAME, or --all."),
        ("store prune --all --model x", "--all removes everything: leave out --older and --model"),
        ("store prune --older soon", "--older takes a number with s, m, h, d or w, as in 30d"),
        ("store prune now", "%rlm store prune: unrecognized arguments: now."),
    ],
)
def test_a_wrong_command_is_told_in_a_sentence(
    rlm_kernel: Kernel, notebook: Path, line: str, sentence: str
) -> None:
    rlm_kernel.do("get_ipython().magics_manager.registry['RLMMagics'].store_keys.clear()")
    refused = rlm_kernel.run(f"%rlm {line}")
    assert f"UsageError: {sentence}" in refused.text or sentence in refused.text
    assert "Traceback" not in refused.text


def test_a_store_that_cannot_be_used_is_told_in_a_sentence(
    rlm_kernel: Kernel, notebook: Path
) -> None:
    notebook.with_name("store.db").write_text("my notes")
    refused = rlm_kernel.run("%rlm store")
    assert "store.db holds something else than a store of replies" in refused.text
    assert "Traceback" not in refused.text


def test_the_commands_of_the_store_are_completed(rlm_kernel: Kernel) -> None:
    assert rlm_kernel.complete("%rlm st") == ["%rlm store"]
    assert rlm_kernel.complete("%rlm store ex") == ["%rlm store export"]
    assert len(rlm_kernel.complete("%rlm store ")) == 5
