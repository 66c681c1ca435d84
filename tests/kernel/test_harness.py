"""The kernel harness itself, on plain Python cells."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.harness import Kernel


def test_a_cell_reports_streams_result_and_number(kernel: Kernel) -> None:
    outcome = kernel.run("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7")

    assert (outcome.status, outcome.stdout, outcome.stderr) == ("ok", "out\n", "err\n")
    assert outcome.execute_result is not None
    assert outcome.execute_result["text/plain"] == "42"
    assert outcome.execution_count == 1
    assert "42" in outcome.text


def test_a_cell_that_raises_reports_its_error(kernel: Kernel) -> None:
    outcome = kernel.run("print('before')\n1 / 0")

    assert outcome.status == "error"
    assert outcome.stdout == "before\n"
    assert outcome.error is not None
    assert outcome.error.ename == "ZeroDivisionError"
    assert "1 / 0" in outcome.error.traceback


def test_an_updated_display_shows_its_last_state(kernel: Kernel) -> None:
    first = kernel.run("h = display('one', display_id='d')\nh.update('two')\ndisplay('other')")
    assert [d.data["text/plain"] for d in first.displays] == ["'two'", "'other'"]

    second = kernel.run("h.update('three')")
    assert second.displays == []
    assert first.displays[0].data["text/plain"] == "'three'"


def test_cleared_output_is_gone(kernel: Kernel) -> None:
    outcome = kernel.run(
        "from IPython.display import clear_output\n"
        "print('a')\nclear_output(wait=True)\nprint('b')\nclear_output(wait=True)"
    )
    assert outcome.stdout == "b\n"


def test_input_is_answered_in_order(kernel: Kernel) -> None:
    outcome = kernel.run("print(input('first? ') + input('second? '))", answers=["a", "b"])

    assert outcome.prompts == ["first? ", "second? "]
    assert outcome.stdout == "ab\n"


def test_a_question_without_an_answer_fails_the_test_and_the_next_cell_works(
    kernel: Kernel, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="asked for input: 'more"):
        kernel.run("input('more? ')")
    kernel.clean_up(str(tmp_path))
    assert kernel.run("print('fine')").stdout == "fine\n"


def test_a_front_end_without_stdin_is_refused_by_the_kernel(kernel: Kernel) -> None:
    outcome = kernel.run("input('anyone? ')", stdin=False)
    assert outcome.error is not None
    assert outcome.error.ename == "StdinNotImplementedError"


def test_a_running_cell_is_awaited_by_its_output_and_answered(kernel: Kernel) -> None:
    cell = kernel.start("import asyncio\nprint('ready')\nawait asyncio.sleep(0)\nx = input('x? ')")
    cell.wait_for_output("ready")
    assert cell.wait_for_input() == "x? "
    cell.answer("hello")

    assert cell.wait().status == "ok"
    assert kernel.eval("x") == "hello"


@pytest.mark.parametrize(
    "wait",
    ["while True: pass", "await asyncio.Event().wait()", "input('? ')"],
    ids=["busy", "awaiting", "asking"],
)
def test_an_interrupted_cell_ends_and_the_time_is_known(kernel: Kernel, wait: str) -> None:
    cell = kernel.start(
        "import asyncio\nasyncio.get_event_loop().call_later(1, int)\n"
        f"print('waiting', flush=True)\n{wait}"
    )
    cell.wait_for_output("waiting")
    seconds = cell.interrupt()

    assert seconds > 0
    assert cell.outcome.error is not None
    assert cell.outcome.error.ename in ("KeyboardInterrupt", "CancelledError")
    assert kernel.run("1").status == "ok"


def test_eval_returns_literals_of_any_length(kernel: Kernel) -> None:
    kernel.run("values = list(range(5_000)); text = 'é\\n' * 5_000")

    assert kernel.eval("values") == list(range(5_000))
    assert kernel.eval("text") == "é\n" * 5_000
    with pytest.raises(AssertionError, match="NameError"):
        kernel.eval("missing")


def test_set_next_input_is_in_the_payload(kernel: Kernel) -> None:
    assert kernel.run("get_ipython().set_next_input('a = 1')").next_input == "a = 1"


def test_every_test_finds_the_kernel_clean(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run("import os\nos.environ['MARK'] = '1'\nleft_behind = 1\nos.chdir('/')")
    kernel.clean_up(str(tmp_path))

    assert kernel.eval("'left_behind' in globals()") is False
    assert kernel.eval("__import__('os').environ.get('MARK')") is None
    assert kernel.eval("__import__('os').getcwd()") == str(tmp_path)
    assert kernel.run("1").execution_count == 1


def test_a_kernel_that_died_is_replaced(new_kernel: Callable[[], Kernel], tmp_path: Path) -> None:
    kernel = new_kernel()
    with pytest.raises(AssertionError, match="the kernel died"):
        kernel.run("import os\nos._exit(1)")

    kernel.clean_up(str(tmp_path))
    assert kernel.run("print('back')").stdout == "back\n"


def test_the_kernel_runs_in_the_tests_own_python_and_environment(kernel: Kernel) -> None:
    assert kernel.eval("__import__('sys').executable") == sys.executable
    assert kernel.eval("__import__('os').environ['HOME']") == os.environ["HOME"]
    assert kernel.eval("__import__('os').environ['OPENAI_API_KEY']") == "test"


def test_the_kernel_cannot_reach_the_network(kernel: Kernel) -> None:
    outcome = kernel.run("import socket\nsocket.create_connection(('example.com', 80))")
    assert outcome.error is not None
    assert "tests may not use the network" in outcome.error.evalue


def test_a_comm_is_recorded_and_can_be_talked_to(kernel: Kernel) -> None:
    kernel.run(
        "from comm import create_comm\nc = create_comm(target_name='t', data={'a': 1})\n"
        "c.on_msg(lambda message: c.send({'got': message['content']['data']}))"
    )
    [comm] = kernel.comms.values()
    assert (comm.target, comm.data) == ("t", {"a": 1})

    comm.send({"hello": 1})
    kernel.wait(lambda: bool(comm.messages))
    assert comm.messages == [{"got": {"hello": 1}}]


def test_a_comm_message_on_a_subshell_is_handled_while_a_cell_awaits(kernel: Kernel) -> None:
    kernel.run(
        "import asyncio\nfrom comm import create_comm\n"
        "c = create_comm(target_name='t')\nloop = asyncio.get_running_loop()\n"
        "clicked = asyncio.Event()\n"
        "c.on_msg(lambda _: loop.call_soon_threadsafe(clicked.set))"
    )
    [comm] = kernel.comms.values()
    subshell = kernel.create_subshell()
    try:
        cell = kernel.start("print('waiting')\nawait clicked.wait()")
        cell.wait_for_output("waiting")
        comm.send({}, subshell=subshell)
        assert cell.wait().status == "ok"
    finally:
        kernel.delete_subshell(subshell)
