"""Completion of `%%rlm` cells, by the kernel, as every front end asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.harness import Kernel

FLAGS = """
-c --context -m --model -s --sub-model --api-base -a --approve --usd --tokens --calls --seconds
--cache --hedge --retries --depth --steps -o --output --keep --trace -q --quiet
""".split()

# litellm's import, on a thread, and IPython's completer both set filters of warnings aside for a
# while, which Python can't do on two threads at once.
WARM = """
def _wait():
    import threading
    from rlm_magic.models.io_thread import io_thread
    async def last_of_all(): pass
    for thread in threading.enumerate():
        if thread.name == "rlm-magic-warm-up":
            thread.join()
    io_thread().submit(last_of_all()).result()
_wait()
del _wait
"""


@pytest.fixture
def notes_kernel(rlm_kernel: Kernel) -> Kernel:
    """The kernel with three variables of the person's."""
    rlm_kernel.do(WARM)
    rlm_kernel.run("import os\nnotes, nodes, other = ['a'], ['b'], 1\n_private = 2")
    return rlm_kernel


def words(kernel: Kernel, code: str, cursor_pos: int | None = None) -> list[str]:
    """What is offered for the last word of the code."""
    return [text.split(" ")[-1] for text in kernel.complete(code, cursor_pos)]


@pytest.mark.parametrize("cell", ["%%rlm ", "  %%rlm\t", "\n\n%%rlm -a never -q "])
def test_options_are_offered_that_are_not_used_yet(notes_kernel: Kernel, cell: str) -> None:
    used = {"-a", "--approve", "-q", "--quiet"} if "-q" in cell else set()
    offered = [text[len(cell) :] for text in notes_kernel.complete(cell)]
    assert offered == [flag for flag in FLAGS if flag not in used]


def test_an_option_that_was_begun_is_completed(notes_kernel: Kernel) -> None:
    assert words(notes_kernel, "%%rlm --co") == ["--context"]
    assert words(notes_kernel, "%%rlm -m x/y --s") == ["--sub-model", "--seconds", "--steps"]
    assert words(notes_kernel, "%%rlm --nothing") == []


def test_the_cursor_may_be_within_the_line_and_above_a_question(notes_kernel: Kernel) -> None:
    cell = "%%rlm --ke -q\nWhat are --these?"
    assert notes_kernel.complete(cell, len("%%rlm --ke")) == ["%%rlm --keep"]


@pytest.mark.parametrize("flag", ["-c", "--context"])
def test_the_context_is_completed_by_names_of_variables(notes_kernel: Kernel, flag: str) -> None:
    assert words(notes_kernel, f"%%rlm -q {flag} ") == ["nodes", "notes", "other"]
    assert words(notes_kernel, f"%%rlm -q {flag} not") == ["notes"]


def test_names_that_are_chosen_are_not_offered_again(notes_kernel: Kernel) -> None:
    assert words(notes_kernel, "%%rlm -c notes no") == ["nodes"]
    assert words(notes_kernel, "%%rlm -c notes,no") == ["notes,nodes"]
    assert words(notes_kernel, "%%rlm -c notes,nodes,") == ["notes,nodes,other"]
    assert words(notes_kernel, "%%rlm -c notes, o") == ["other"]


def test_after_a_name_more_names_and_the_other_options_are_offered(notes_kernel: Kernel) -> None:
    offered = words(notes_kernel, "%%rlm -c notes ")
    assert offered == ["nodes", "other", *FLAGS[2:]]
    assert words(notes_kernel, "%%rlm -c notes --ke") == ["--keep"]


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("-a ", ["always", "risky", "never"]),
        ("--approve r", ["risky"]),
        ("--approve=n", ["--approve=never"]),
        ("--keep ", ["answer", "all", "none"]),
        ("-o ", ["nodes", "notes", "other"]),
        ("-o oth", ["other"]),
        ("--seconds ", []),
        ("-m ", []),
        ("-m not", []),
    ],
)
def test_a_value_is_completed_by_what_its_option_takes(
    notes_kernel: Kernel, begun: str, offered: list[str]
) -> None:
    assert words(notes_kernel, f"%%rlm -q {begun}") == offered


def test_after_a_value_options_are_offered_again(notes_kernel: Kernel) -> None:
    assert words(notes_kernel, "%%rlm -a never ") == [*FLAGS[:7], *FLAGS[9:]]


def test_a_path_is_completed_by_files(notes_kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "notes.rlm.jsonl").touch()
    assert words(notes_kernel, "%%rlm --trace no") == ["notes.rlm.jsonl"]


def test_names_in_backticks_are_completed_in_the_question(notes_kernel: Kernel) -> None:
    start = "%%rlm -q\n\nHow many `notes` are in `"
    assert notes_kernel.complete(f"{start}no") == [f"{start}nodes", f"{start}notes"]
    assert notes_kernel.complete(start) == [
        f"{start}{name}" for name in ("nodes", "notes", "other")
    ]


@pytest.mark.parametrize(
    "question",
    ["no", "How many ", "Is it `notes` or no", "os.pa", "%ti", "notes[0].", "-", "%rlm "],
)
def test_the_question_is_prose_and_not_completed_as_code(
    notes_kernel: Kernel, question: str
) -> None:
    assert notes_kernel.complete(question) != []
    assert notes_kernel.complete(f"%%rlm\n{question}") == []


def test_commands_are_completed(notes_kernel: Kernel) -> None:
    assert notes_kernel.complete("x = 1\n%rlm ") == ["x = 1\n%rlm help", "x = 1\n%rlm store"]
    assert notes_kernel.complete("%rlm he") == ["%rlm help"]
    assert notes_kernel.complete("%rlm store p") == ["%rlm store prune"]
    assert notes_kernel.complete("%rlm nope") == []


@pytest.mark.parametrize("code", ["not", "x = 1\n%%rlm\nnot", "%%rlmx\nnot", "os.pat"])
def test_other_code_is_completed_as_ever(notes_kernel: Kernel, code: str) -> None:
    with_us = notes_kernel.complete(code)
    notes_kernel.run("%unload_ext rlm_magic")
    without = notes_kernel.complete(code)
    notes_kernel.run("%load_ext rlm_magic", stdin=False)
    assert with_us == without != []


def test_the_magic_itself_is_completed_by_ipython(notes_kernel: Kernel) -> None:
    assert notes_kernel.complete("%%rl") == ["%%rlm"]


def test_it_ends_with_the_extension_and_comes_back_once(notes_kernel: Kernel) -> None:
    notes_kernel.run("%unload_ext rlm_magic")
    assert "%%rlm --context" not in notes_kernel.complete("%%rlm ")
    notes_kernel.run("%load_ext rlm_magic", stdin=False)
    assert notes_kernel.complete("%%rlm ").count("%%rlm --context") == 1
    count = "[m.__name__ for m in get_ipython().Completer.custom_matchers].count('complete_rlm')"
    assert notes_kernel.eval(count) == 1


def test_a_fault_of_ours_leaves_completion_as_it_was(notes_kernel: Kernel) -> None:
    notes_kernel.run(
        "import rlm_magic.notebook.completion as ours\nvariables, ours._variables = "
        "ours._variables, None"
    )
    try:
        outcome = notes_kernel.complete("%%rlm\n`no")
        assert "%%rlm\n`notes" in outcome
    finally:
        notes_kernel.run("ours._variables = variables")
