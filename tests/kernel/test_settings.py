"""Settings of the front end: in force from the first run on, below what the notebook sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.harness import Comm, Kernel
from tests.kernel.outcome import CellOutcome
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

LOAD = "%load_ext rlm_magic"
OURS = "next(c for c in get_ipython().configurables if type(c).__name__ == 'RLMMagics')"
# A run of a shared kernel leaves the defaults that `%config` has set; this takes them away.
FORGET = """
get_ipython().run_line_magic("unload_ext", "rlm_magic")
for ours in [c for c in get_ipython().configurables if type(c).__name__ == "RLMMagics"]:
    get_ipython().configurables.remove(ours)
get_ipython().config.pop("RLMMagics", None)
"""


@pytest.fixture
def fresh_kernel(rlm_kernel: Kernel, server: FakeOpenAI) -> Iterator[Kernel]:
    """The kernel as if the extension had never been loaded; its runs go to the scripted server."""
    rlm_kernel.do(FORGET)
    rlm_kernel.do(f"import os; os.environ['OPENAI_API_BASE'] = {server.url!r}")
    yield rlm_kernel
    rlm_kernel.do(FORGET)


# Notes which of the shell's events are fired.
WATCH = """
fired, shell_events = [], get_ipython().events
notes = {name: lambda name=name: fired.append(name) for name in ("pre_execute", "post_execute")}
for name, note in notes.items():
    shell_events.register(name, note)
"""
UNWATCH = "for name, note in notes.items():\n    shell_events.unregister(name, note)"


def load(kernel: Kernel) -> Comm:
    """Load the extension, and return the comm that asks for the settings."""
    outcome = kernel.run(LOAD)
    assert outcome.text == ""
    return newest(kernel)


def newest(kernel: Kernel) -> Comm:
    return [comm for comm in kernel.comms.values() if comm.target == "rlm_magic.settings"][-1]


def send(comm: Comm, subshell: str | None = None, **values: object) -> None:
    comm.send({"kind": "settings", "values": values}, subshell=subshell)


def value(kernel: Kernel, name: str) -> object:
    return kernel.eval(f"{OURS}.{name}")


ALL = {
    "model": "openai/big",
    "sub_model": "openai/small",
    "approve": "never",
    "usd": 0.5,
    "tokens": 20_000,
    "calls": 7,
    "seconds": 90,
}


def test_the_kernel_asks_once_and_puts_nothing_into_the_message(fresh_kernel: Kernel) -> None:
    comm = load(fresh_kernel)
    fresh_kernel.run(LOAD)
    assert newest(fresh_kernel) is comm
    assert comm.data == {}


def test_all_settings_become_defaults(fresh_kernel: Kernel) -> None:
    send(load(fresh_kernel), **ALL)
    assert {name: value(fresh_kernel, name) for name in ALL} == ALL


def test_settings_are_in_force_in_a_run_that_was_started_before_they_came(
    fresh_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(1)"), model="openai/big")
    comm = load(fresh_kernel)
    cell = fresh_kernel.start("%%rlm\nWhy?")
    send(comm, model="openai/big", approve="never")

    outcome = cell.wait()
    assert outcome.status == "ok", outcome.text
    assert [request.model for request in server.requests()] == ["big"]


def test_settings_may_come_on_a_subshell(fresh_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL(1)"), model="openai/big")
    comm = load(fresh_kernel)
    subshell = fresh_kernel.create_subshell()
    try:
        cell = fresh_kernel.start("%%rlm\nWhy?")
        send(comm, subshell, model="openai/big", approve="never")
        assert cell.wait().status == "ok"
    finally:
        fresh_kernel.delete_subshell(subshell)
    assert [request.model for request in server.requests()] == ["big"]


def test_a_later_message_changes_them_and_takes_back_what_is_gone(fresh_kernel: Kernel) -> None:
    comm = load(fresh_kernel)
    send(comm, **ALL)
    send(comm, model="openai/other", usd=None)
    left = {name: value(fresh_kernel, name) for name in ALL}
    assert left == {
        "model": "openai/other",
        "sub_model": "",
        "approve": "always",
        "usd": None,
        "tokens": None,
        "calls": None,
        "seconds": None,
    }


@pytest.mark.parametrize(
    "own",
    [
        "%config RLMMagics.model = 'openai/mine'",
        f"{OURS}.model = 'openai/mine'",
    ],
    ids=["config", "attribute"],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_the_notebook_sets_stands(fresh_kernel: Kernel, own: str, when: str) -> None:
    comm = load(fresh_kernel)
    if when == "after":
        send(comm, model="openai/big")
    fresh_kernel.run(own)
    send(comm, model="openai/bigger", calls=7)
    assert value(fresh_kernel, "model") == "openai/mine"
    assert value(fresh_kernel, "calls") == 7

    send(comm)
    assert value(fresh_kernel, "model") == "openai/mine"
    assert value(fresh_kernel, "calls") is None


def test_what_the_notebook_sets_stands_even_if_it_is_the_default(fresh_kernel: Kernel) -> None:
    comm = load(fresh_kernel)
    fresh_kernel.run("%config RLMMagics.approve = 'always'")
    send(comm, approve="never")
    assert value(fresh_kernel, "approve") == "always"


def test_a_config_file_stands(fresh_kernel: Kernel) -> None:
    # A file's values, and those of the command line, are in the shell's config from its start.
    fresh_kernel.do("get_ipython().config.RLMMagics.approve = 'always'")
    fresh_kernel.do("get_ipython().config.RLMMagics.model = 'openai/mine'")
    send(load(fresh_kernel), approve="never", model="openai/big", calls=7)
    assert value(fresh_kernel, "approve") == "always"
    assert value(fresh_kernel, "model") == "openai/mine"
    assert value(fresh_kernel, "calls") == 7


def test_an_option_of_a_cell_goes_over_them(fresh_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL(1)"), model="openai/mine")
    send(load(fresh_kernel), model="openai/big", approve="never")
    fresh_kernel.run("%%rlm -m openai/mine\nWhy?")
    assert [request.model for request in server.requests()] == ["mine"]


def test_bad_values_are_ignored_each_for_itself_with_one_sentence(
    fresh_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(1)", "FINAL(2)"), model="openai/big")
    comm = load(fresh_kernel)
    send(comm, model="openai/big", sub_model=5, usd="much", calls=-1, tokens=True, bogus=1)
    send(comm, model="openai/big", approve="never")
    send(comm, model="openai/big", approve="perhaps", seconds=0)
    assert fresh_kernel.run("%%rlm -a never\nWhy?").stdout.splitlines() == [
        "A setting of the front end is ignored: sub_model must be text, not 5.",
        "A setting of the front end is ignored: usd must be a number above zero, not 'much'.",
        "A setting of the front end is ignored: calls must be a whole number above zero, not -1.",
        "A setting of the front end is ignored: tokens must be a whole number above zero, "
        "not True.",
        "A setting of the front end is ignored: there is no setting 'bogus'.",
        "A setting of the front end is ignored: approve must be always or risky or never, "
        "not 'perhaps'.",
        "A setting of the front end is ignored: seconds must be a number above zero, not 0.",
    ]
    assert fresh_kernel.run("%%rlm -a never\nWhy?").stdout == ""
    assert value(fresh_kernel, "approve") == "always"


@pytest.mark.parametrize("data", [{}, {"kind": "other"}, {"kind": "settings", "values": [1]}])
def test_other_messages_change_nothing(fresh_kernel: Kernel, data: dict[str, object]) -> None:
    comm = load(fresh_kernel)
    send(comm, model="openai/big")
    comm.send(data)
    assert value(fresh_kernel, "model") == "openai/big"


def test_a_message_fires_none_of_the_shells_events(fresh_kernel: Kernel) -> None:
    comm = load(fresh_kernel)
    fresh_kernel.do(WATCH)

    def fired() -> object:
        """What was fired since the last time, with what asking for it fires."""
        return fresh_kernel.eval("(list(fired), fired.clear())[0]")

    fired()
    by_asking = fired()
    send(comm, calls=7)
    by_message = fired()
    fresh_kernel.do(UNWATCH)
    assert by_message == by_asking
    assert value(fresh_kernel, "calls") == 7


# Waiting for the answer

ENDLESS = "import rlm_magic.notebook.settings_comm as c; c.LONGEST_WAIT = 3600"


@pytest.fixture
def waiting_kernel(fresh_kernel: Kernel) -> Iterator[Kernel]:
    """The kernel, where a run that waits for settings does so for good."""
    fresh_kernel.do(ENDLESS)
    yield fresh_kernel
    fresh_kernel.do(ENDLESS.replace("3600", "1"))


def run(kernel: Kernel, server: FakeOpenAI, *, stdin: bool = True) -> CellOutcome:
    server.script(repl("FINAL(1)"), model="openai/mine")
    return kernel.run("%%rlm -m openai/mine -a never\nWhy?", stdin=stdin)


def test_without_a_front_end_nothing_is_asked(waiting_kernel: Kernel, server: FakeOpenAI) -> None:
    waiting_kernel.run(LOAD, stdin=False)
    assert run(waiting_kernel, server, stdin=False).status == "ok"
    assert waiting_kernel.comms == {}


def test_a_front_end_that_closes_the_comm_is_not_waited_for(
    waiting_kernel: Kernel, server: FakeOpenAI
) -> None:
    load(waiting_kernel).close()
    assert run(waiting_kernel, server).status == "ok"


def test_one_that_closes_it_during_a_run_lets_the_run_begin(
    waiting_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(1)"), model="openai/mine")
    comm = load(waiting_kernel)
    cell = waiting_kernel.start("%%rlm -m openai/mine -a never\nWhy?")
    comm.close()
    assert cell.wait().status == "ok"


def test_a_silent_front_end_delays_the_first_run_only(
    fresh_kernel: Kernel, server: FakeOpenAI
) -> None:
    load(fresh_kernel)
    assert run(fresh_kernel, server).status == "ok"
    fresh_kernel.do(ENDLESS)
    assert run(fresh_kernel, server).status == "ok"
    fresh_kernel.do(ENDLESS.replace("3600", "1"))


def test_a_cell_that_blocks_the_kernel_does_not_wait(
    waiting_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(1)"), model="openai/mine")
    load(waiting_kernel)
    call = "get_ipython().run_cell_magic('rlm', '-m openai/mine -a never', 'Why?')"
    assert waiting_kernel.run(call).status == "ok"


def test_the_wait_can_be_interrupted(waiting_kernel: Kernel) -> None:
    load(waiting_kernel)
    run_cell = "await get_ipython().magics_manager.registry['RLMMagics'].run('', 'Why?')"
    cell = waiting_kernel.start(f"print('begins', flush=True)\n{run_cell}")
    cell.wait_for_output("begins")
    cell.interrupt()
    assert cell.outcome.error is not None
    assert cell.outcome.error.ename in ("KeyboardInterrupt", "CancelledError")


# Unloading


def test_unloading_closes_the_comm_and_takes_the_settings_back(fresh_kernel: Kernel) -> None:
    comm = load(fresh_kernel)
    send(comm, **ALL)
    fresh_kernel.run("%unload_ext rlm_magic")
    assert comm.closed
    assert value(fresh_kernel, "model") == ""

    again = load(fresh_kernel)
    assert again is not comm
    send(again, model="openai/big")
    assert value(fresh_kernel, "model") == "openai/big"


def test_a_model_of_the_kernels_environment_wins(fresh_kernel: Kernel) -> None:
    fresh_kernel.do("import os; os.environ['RLM_MODEL'] = 'openai/mine'")
    send(load(fresh_kernel), model="openai/big", approve="never")
    assert (value(fresh_kernel, "model"), value(fresh_kernel, "approve")) == ("", "never")


def test_they_are_asked_for_in_the_first_run_if_the_extension_was_loaded_before_any_cell(
    new_kernel: Callable[[], Kernel],
    server: FakeOpenAI,
    trace_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = trace_dir / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(
        "c.InteractiveShellApp.extensions = ['rlm_magic']\n"
        f"c.RLMMagics.api_base = {server.url!r}\n"
        "c.RLMMagics.panel = False\n"
    )
    monkeypatch.setenv("IPYTHONDIR", str(profile.parent))
    server.script(repl("FINAL(1)"), model="openai/big")
    kernel = new_kernel()
    cell = kernel.start("%%rlm\nWhy?")
    kernel.wait(lambda: "rlm_magic.settings" in {it.target for it in kernel.comms.values()})
    send(newest(kernel), model="openai/big", approve="never")
    assert cell.wait().answer == "1"
