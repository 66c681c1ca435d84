"""Generated code in the person's live kernel: what it can use, and what stays the person's."""

from __future__ import annotations

import pytest

from tests.kernel.harness import Kernel
from tests.kernel.outcome import CellOutcome
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI


def ask(kernel: Kernel, server: FakeOpenAI, *blocks: str) -> CellOutcome:
    """Run a cell whose root model answers with these blocks and is then done."""
    server.script([*repl(*blocks), *repl("FINAL('done')")])
    outcome = kernel.run("%%rlm -a never\nWhy?")
    assert outcome.status == "ok", outcome.text
    return outcome


def told(server: FakeOpenAI) -> str:
    """What the root model was told after the last block."""
    return server.root_requests()[-1].prompt


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("!echo hi $((40 + 2))", "hi 42"),
        ("lines = !echo one; echo two\nprint(list(lines))", "['one', 'two']"),
        ("%timeit -n1 -r1 sum(range(9))", "loop each"),
        ("%time x = sum(range(9))\nprint(x)", "Wall time"),
        ("%%time\nx = sum(range(9))\nprint('sum', x)", "sum 36"),
        ("%%bash\necho from bash", "from bash"),
        ("%%capture caught\nprint('kept')", ""),
        ("%who_ls", "'n', "),
        ("%pwd", "test_ipython_syntax_works"),
        ("text?", "String form: abc"),
    ],
    ids=["!", "assigned", "%timeit", "%time", "%%time", "%%bash", "%%capture", "%who", "%pwd", "?"],
)
def test_ipython_syntax_works_and_its_output_reaches_the_model(
    rlm_kernel: Kernel, server: FakeOpenAI, code: str, output: str
) -> None:
    rlm_kernel.run("text, n = 'abc', 3")
    outcome = ask(rlm_kernel, server, code)
    assert output in told(server)
    assert "raised" not in told(server)
    assert outcome.stdout == outcome.stderr == ""
    assert outcome.payload == []


def test_a_display_is_shown_to_the_person_and_its_text_reaches_the_model(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run(
        "class Table:\n    def __repr__(self): return 'table of 3'\n"
        "    def _repr_html_(self): return '<b>table</b>'\ntable = Table()"
    )
    outcome = ask(rlm_kernel, server, "display(table)\nprint('and text')")

    assert "table of 3\nand text\n" in told(server)
    shown = [display.data for display in outcome.displays if "text/html" in display.data]
    assert {"text/plain": "table of 3", "text/html": "<b>table</b>"} in shown


def test_what_code_prints_is_shown_in_the_progress_only(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script([*repl("import sys\nprint('ou' + 't')\nprint('er' + 'r', file=sys.stderr)\n6*7")])
    server.script([{"content": repl("FINAL('done')")[0], "hold": "gate"}])
    cell = rlm_kernel.start("%%rlm -a never\nWhy?")
    for text in ("  → out\n", "  → err\n", "  → 42\n"):
        cell.wait_for_output(text)
    server.open("gate")

    outcome = cell.wait()
    assert outcome.stdout == outcome.stderr == ""
    assert "out\nerr\n42\n" in told(server)


def test_the_value_of_the_last_expression_is_shown_to_the_model_and_stays_out_of_out(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run("'mine'")
    ask(rlm_kernel, server, "6 * 7", "43;")
    assert "Output (3 characters):\n42\n" in server.root_requests()[1].prompt
    assert "No output." in told(server)
    assert rlm_kernel.eval("(list(Out.values()), _)") == (["mine"], "mine")


def test_input_history_and_folder_are_the_persons(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run("first = 1")
    ask(rlm_kernel, server, "import os\nos.mkdir('down')\nos.chdir('down')\nprint(In[1])")

    assert "first = 1" in told(server)
    assert rlm_kernel.eval("(len(In), 'mkdir' in str(In))") == (3, False)
    history = rlm_kernel.run("%history").stdout
    assert history == "first = 1\n%%rlm -a never\nWhy?\n%history\n"
    assert rlm_kernel.eval("__import__('os').path.basename(__import__('os').getcwd())") != "down"


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio\nawait asyncio.sleep(0)\nprint('slept')",
        "import asyncio\nasync def f(): return llm_query('slept')\nprint(await f())",
        "import asyncio\nprint(await asyncio.gather(asyncio.sleep(0, 'slept'), asyncio.sleep(0)))",
        "async for i in (i async for i in agen()): print('slept', i)",
        "async with lock: print('slept')",
    ],
    ids=["await", "helper in a coroutine", "gather", "async for", "async with"],
)
def test_code_can_await(rlm_kernel: Kernel, server: FakeOpenAI, code: str) -> None:
    rlm_kernel.run("async def agen():\n    yield 1\nimport asyncio\nlock = asyncio.Lock()")
    ask(rlm_kernel, server, code)
    assert "slept" in told(server)
    assert "raised" not in told(server)


def test_objects_that_are_tied_to_the_persons_thread_can_be_used(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run(
        "import sqlite3\ndb = sqlite3.connect(':memory:')\n"
        "_ = db.execute('create table t (x)'), db.execute('insert into t values (42)')"
    )
    ask(
        rlm_kernel,
        server,
        "llm_query('in between')\nprint(db.execute('select x from t').fetchall())",
    )
    assert "[(42,)]" in told(server)
    assert rlm_kernel.eval("db.execute('select x from t').fetchall()") == [(42,)]


INLINE_FIGURES = """
pending = []
class Figure:
    def __init__(self, name):
        self.name = name
        pending.append(self)
    def __repr__(self): return f'<Figure {self.name}>'
    def _repr_png_(self): return b'png'
def flush():  # as the inline backend does after each cell
    while pending: display(pending.pop(0))
get_ipython().events.register('post_execute', flush)
"""


def test_a_figure_of_the_code_appears_in_its_cell_and_the_persons_in_theirs(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run(INLINE_FIGURES)
    try:
        first = ask(rlm_kernel, server, "Figure('generated')\nllm_query('in between')")
        second = rlm_kernel.run("Figure('own');")
    finally:
        rlm_kernel.run("get_ipython().events.unregister('post_execute', flush)")

    def figures(outcome: CellOutcome) -> list[str]:
        return [d.data["text/plain"] for d in outcome.displays if "image/png" in d.data]

    assert figures(first) == ["<Figure generated>"]
    assert figures(second) == ["<Figure own>"]


REFUSED = {
    "exit()": "can't end the person's session",
    "quit()": "can't end the person's session",
    "import sys; sys.exit(3)": "can't end the person's session",
    "raise SystemExit": "can't end the person's session",
    "get_ipython().ask_exit()": "can't end the person's session",
    "input('? ')": "input() is refused: nobody is at the keyboard",
    "import getpass; getpass.getpass()": "getpass() is refused: nobody is at the keyboard",
    "from getpass import getpass; getpass()": "getpass() is refused: nobody is at the keyboard",
    "breakpoint()": "breakpoint() is refused: nobody is at the keyboard",
}


@pytest.mark.parametrize("code", REFUSED)
def test_code_cannot_end_the_session_or_wait_for_a_keyboard(
    rlm_kernel: Kernel, server: FakeOpenAI, code: str
) -> None:
    ask(rlm_kernel, server, code)
    assert REFUSED[code] in told(server)
    assert rlm_kernel.run("print('alive')").stdout == "alive\n"


def test_the_person_has_the_same_functions_afterwards(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    functions = "(id(exit), id(quit), id(input), id(getpass.getpass), id(sys.breakpointhook))"
    streams = "(id(sys.stdout), id(sys.stderr), id(sys.displayhook))"
    rlm_kernel.run("import getpass, sys")
    before = rlm_kernel.eval(f"{functions} + {streams}")
    ask(rlm_kernel, server, "input()", "exit()", "print('x')")

    assert rlm_kernel.eval(f"{functions} + {streams}") == before
    assert rlm_kernel.run("print(input('? '))", answers=["yes"]).stdout == "yes\n"


def test_the_person_gets_their_own_objects_back(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    rlm_kernel.run(
        "context, llm_query, FINAL, answer = ['mine'], ['mine'], ['mine'], ['mine']\n"
        "kept = [context, llm_query, FINAL, answer]"
    )
    ask(rlm_kernel, server, "context = 1\ndel llm_query\nanswer = None", "print(llm_query('a'))")

    assert "echo: a" in told(server)
    restored = "[a is b for a, b in zip(kept, [context, llm_query, FINAL, answer])]"
    assert rlm_kernel.eval(restored) == [True] * 4
    names = "[n for n in ('rlm_query', 'SHOW_VARS', 'FINAL_VAR') if n in globals()]"
    assert rlm_kernel.eval(names) == []


def test_five_hundred_sub_calls_in_one_batch(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.rule("number", "echo: {prompt}", delay=0.1)
    ask(
        rlm_kernel,
        server,
        "replies = llm_query_batched([f'number {i}' for i in range(500)])\n"
        "print(replies == [f'echo: number {i}' for i in range(500)])",
    )
    assert "True" in told(server)
    assert len(server.sub_requests()) == 500
    assert server.counts()["max_in_flight"] == 64


def test_sub_calls_in_a_pool_of_threads(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    ask(
        rlm_kernel,
        server,
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    replies = list(pool.map(llm_query, [f'n{i}' for i in range(64)]))\n"
        "print(replies == [f'echo: n{i}' for i in range(64)])",
    )
    assert "True" in told(server)


@pytest.mark.parametrize("on_subshell", [False, True], ids=["main shell", "subshell"])
def test_a_comm_message_is_handled_while_the_run_waits_for_sub_calls(
    rlm_kernel: Kernel, server: FakeOpenAI, on_subshell: bool
) -> None:
    rlm_kernel.run(
        "from comm import create_comm\nclicks = []\nc = create_comm(target_name='t')\n"
        "c.on_msg(lambda message: (clicks.append(1), c.send({'clicked': len(clicks)})))"
    )
    [comm] = rlm_kernel.comms.values()
    server.rule("slow", "finally", hold="gate")
    server.script(
        repl("x = llm_query_batched(['slow' + str(i) for i in range(3)])", "FINAL((x, clicks))")
    )
    subshell = rlm_kernel.create_subshell() if on_subshell else None
    try:
        cell = rlm_kernel.start("%%rlm -a never\nWhy?")
        server.wait_for(held=3)
        comm.send({}, subshell=subshell)
        rlm_kernel.wait(lambda: bool(comm.messages), "the answer to a click")
        assert not cell.outcome.done
        server.open("gate")
        outcome = cell.wait()
    finally:
        if subshell:
            rlm_kernel.delete_subshell(subshell)
    assert outcome.answer == "(['finally', 'finally', 'finally'], [1])"


def test_a_comm_message_is_handled_while_the_root_model_thinks(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.run(
        "from comm import create_comm\nc = create_comm(target_name='t')\n"
        "c.on_msg(lambda message: c.send({'clicked': True}))"
    )
    [comm] = rlm_kernel.comms.values()
    server.script([{"content": repl("FINAL(1)")[0], "hold": "gate"}])
    cell = rlm_kernel.start("%%rlm -a never\nWhy?")
    server.wait_for(held=1)
    comm.send({})
    rlm_kernel.wait(lambda: bool(comm.messages), "the answer to a click")
    server.open("gate")
    assert cell.wait().status == "ok"


def test_a_cell_that_raises_reports_the_models_lines_only(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    ask(rlm_kernel, server, "kept = 1\ndef f():\n    return 1 / 0\nf()")
    assert "return 1 / 0" in told(server)
    assert "ZeroDivisionError: division by zero" in told(server)
    assert "rlm_magic" not in told(server)
    assert "kept" not in rlm_kernel.eval("list(globals())")
