"""The `%%rlm` cell: what reaches the root model, in every way that a cell can be written or run."""

from __future__ import annotations

import re

import pytest

from tests.kernel.harness import Kernel
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI


def question_to(server: FakeOpenAI) -> str:
    """The question as the root model read it."""
    first = server.root_requests()[0].messages[1]["content"]
    return str(first).removeprefix("Question:\n").partition("\n\nVariables in the namespace:")[0]


def described_to(server: FakeOpenAI) -> str:
    """The description of the variables as the root model read it."""
    first = server.root_requests()[0].messages[1]["content"]
    return str(first).partition("\n\nVariables in the namespace:\n")[2]


@pytest.mark.parametrize(
    "question",
    [
        "What does {text} in $HOME and ${n} cost: $5, {{n}}?",
        "'single' \"double\" '''triple''' \"\"\"three\"\"\" `tick`",
        "back\\slash \\n \\x41 C:\\new\\table\\",
        "%time is no magic here\n!ls is no command\n?neither is this",
        "two\n\nparagraphs,\n    an indented line\nand emoji 🦜 – é",
        "```python\nprint('a fence')\n```",
        "%%rlm -c nothing",
    ],
)
def test_the_question_arrives_as_it_was_written(
    rlm_kernel: Kernel, server: FakeOpenAI, question: str
) -> None:
    rlm_kernel.run("text, n = 'abc', 3")
    server.script(repl("FINAL(n)"))
    outcome = rlm_kernel.run(f"%%rlm -a never\n{question}")

    assert outcome.status == "ok"
    assert question_to(server) == question


@pytest.mark.parametrize(
    "cell",
    [
        "\n\n%%rlm -a never\nWhy?",
        "   %%rlm -a never\n   Why?",
        "\t%%rlm -a never\nWhy?",
        "%%rlm -a never\r\nWhy?\r\n",
        "%%rlm  -a  never  \n\nWhy?\n\n",
        ">>> %%rlm -a never\n... Why?",
    ],
    ids=["blank lines", "indented", "tab", "windows", "spaces", "prompts"],
)
def test_a_cell_may_be_surrounded_by_white_space(
    rlm_kernel: Kernel, server: FakeOpenAI, cell: str
) -> None:
    server.script(repl("FINAL('because')"))
    assert rlm_kernel.run(cell).status == "ok"
    assert question_to(server) == "Why?"


def test_lines_end_as_in_python_whatever_the_editor_wrote(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.do("get_ipython().run_line_magic('config', 'RLMMagics.approve = \"never\"')")
    server.script(repl("FINAL('because')"))
    assert rlm_kernel.run("%%rlm\r\nWhy?\r\nHow?").status == "ok"
    assert question_to(server) == "Why?\nHow?"


def test_all_of_the_persons_variables_are_described_and_their_content_is_not_sent(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run(
        "text = 'a' * 50_000 + 'MARK' + 'ER-1' + 'b' * 50_000\n"
        "pages = ['p' * 9_000 + 'MARK' + 'ER-2' + 'q' * 9_000] * 200\n"
        "notes = {i: 'n' * 9_000 + 'MARK' + 'ER-3' for i in range(200)}\n"
        "import json\n_private = 1"
    )
    server.script(
        repl("print(type(context).__name__, sorted(context), context['text'] is text)", "FINAL(1)")
    )
    assert rlm_kernel.run("%%rlm -a never\nWhat is there?").status == "ok"

    described = described_to(server)
    assert "- `text`: str, 100,008 characters" in described
    assert re.search(r"- `pages`: list.*200 ", described)
    assert re.search(r"- `notes`: dict.*200 ", described)
    for hidden in ("json", "_private", "llm_query", "In`", "get_ipython", "RLMMagics"):
        assert hidden not in described
    assert "dict ['notes', 'pages', 'text'] True" in server.root_requests()[1].prompt
    sent = [m["content"] for request in server.requests() for m in request.messages]
    assert not any("MARKER" in text for text in sent)


def test_one_chosen_variable_is_the_context_itself(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run("text, other = 'abc', 'xyz'")
    server.script(repl("print(context is text)", "FINAL(1)"))
    rlm_kernel.run("%%rlm -a never -c text\nWhat is it?")

    assert "`text`: str" in described_to(server)
    assert "`context`: str" in described_to(server)
    assert "other" not in described_to(server)
    assert "True" in server.root_requests()[1].prompt


@pytest.mark.parametrize("names", ["a b", "a,b", "a, b", "a , b", "a b a"])
def test_several_chosen_variables_are_a_mapping(
    rlm_kernel: Kernel, server: FakeOpenAI, names: str
) -> None:
    rlm_kernel.run("a, b, c = [1], [2], [3]")
    server.script(repl("print(list(context), context['b'] is b)", "FINAL(1)"))
    rlm_kernel.run(f"%%rlm -c {names} -a never\nWhat is it?")

    assert "['a', 'b'] True" in server.root_requests()[1].prompt
    assert "`c`" not in described_to(server)


def test_a_notebook_without_variables_can_be_asked_too(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(6 * 7)"))
    outcome = rlm_kernel.run("%%rlm -a never\nWhat is six times seven?")
    assert outcome.answer == "42"


def test_the_last_result_is_at_hand(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script([*repl("a = 1", "FINAL([1, 2])"), *repl("FINAL('second')")])
    rlm_kernel.run("%%rlm -a never\nFirst?")
    first = "(_rlm.answer, _rlm.status, len(_rlm.steps), _rlm.usage.calls, _rlm.question)"
    assert rlm_kernel.eval(first) == ([1, 2], "answered", 2, 2, "First?")

    rlm_kernel.run("%%rlm -a never\nSecond?")
    assert rlm_kernel.eval("_rlm.text") == "second"
    assert rlm_kernel.eval("_rlm.trace.exists()") is True
    shown = rlm_kernel.run("_rlm").execute_result
    assert shown is not None
    assert shown["text/plain"].startswith("second\n[answered · 1 step · ")


def test_cells_that_are_queued_run_one_after_the_other(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script([*repl("FINAL('one')"), *repl("FINAL('two')")])
    first = rlm_kernel.start("%%rlm -a never\nFirst?")
    second = rlm_kernel.start("%%rlm -a never\nSecond?")
    assert first.wait().answer == "one"
    assert second.wait().answer == "two"


@pytest.mark.parametrize(
    "cell",
    [
        "get_ipython().run_cell_magic('rlm', '-a never', 'Why?')",
        "def ask():\n    get_ipython().run_cell_magic('rlm', '-a never', 'Why?')\nask()",
        "%%time\n%%rlm -a never\nWhy?",
        "get_ipython().run_cell('%%rlm -a never\\nWhy?')",
    ],
    ids=["run_cell_magic", "in a function", "%%time", "run_cell"],
)
def test_code_that_cannot_await_runs_it_too(
    rlm_kernel: Kernel, server: FakeOpenAI, cell: str
) -> None:
    server.script(repl("replies = llm_query_batched(['a', 'b'])", "FINAL(replies)"))
    outcome = rlm_kernel.run(cell)

    assert outcome.answer == "['echo: a', 'echo: b']"
    assert question_to(server) == "Why?"
    assert rlm_kernel.run("import asyncio\nawait asyncio.sleep(0)\n1").status == "ok"


def test_its_output_can_be_captured(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL('kept')"))
    outcome = rlm_kernel.run("%%capture caught\n%%rlm -a never\nWhy?")
    assert (outcome.status, outcome.text) == ("ok", "")
    shown = rlm_kernel.eval("caught.outputs[-1].data['text/plain']")
    assert shown.startswith("kept\n[answered")


def test_it_works_without_top_level_await(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("reply = llm_query('a')", "FINAL(reply)"))
    rlm_kernel.run("%autoawait off")
    try:
        outcome = rlm_kernel.run("%%rlm -a never\nWhy?")
    finally:
        rlm_kernel.run("%autoawait on")
    assert outcome.answer == "echo: a"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("%%rlm\nWhat else?", "SyntaxError: %rlm can't be used in a run's own code"),
        ("x = 1\n%rlm help", "SyntaxError: %rlm can't be used in a run's own code"),
        (
            "get_ipython().run_cell_magic('rlm', '', 'What else?')",
            "UsageError: A run is in progress: within its code, call rlm_query(question).",
        ),
    ],
    ids=["cell", "line", "call"],
)
def test_a_run_within_a_run_is_refused_with_what_to_do(
    rlm_kernel: Kernel, server: FakeOpenAI, code: str, told: str
) -> None:
    server.script(repl(code, "FINAL('done')"))
    assert rlm_kernel.run("%%rlm -a never\nWhy?").status == "ok"
    assert told in server.root_requests()[1].prompt
    assert "rlm_query(question)" in server.root_requests()[1].prompt


def test_code_may_mention_the_magic(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl('text = """\n%%rlm\n"""\nprint(len(text))', "FINAL('done')"))
    rlm_kernel.run("%%rlm -a never\nWhy?")
    assert "Output (2 characters):\n7" in server.root_requests()[1].prompt


def test_loading_twice_and_reloading_change_nothing_that_was_set(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    transforms = "len(get_ipython().input_transformers_cleanup)"
    before = rlm_kernel.eval(transforms)
    server.script([*repl("FINAL('one')"), *repl("FINAL('two')")])

    assert rlm_kernel.run("%load_ext rlm_magic\n%load_ext rlm_magic").status == "ok"
    assert rlm_kernel.run("%%rlm -a never\nWhy?").answer == "one"
    assert rlm_kernel.run("%reload_ext rlm_magic").status == "ok"
    assert rlm_kernel.run("%%rlm -a never\nWhy?").answer == "two"
    assert rlm_kernel.eval(transforms) == before


def test_unloading_takes_it_away(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run("%unload_ext rlm_magic")
    try:
        for cell in ("%%rlm\nWhy?", "%rlm"):
            assert "not found" in rlm_kernel.run(cell).stderr
        assert server.counts()["received"] == 0
    finally:
        rlm_kernel.run("%load_ext rlm_magic")
    assert rlm_kernel.run("%rlm help").status == "ok"
