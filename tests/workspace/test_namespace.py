"""The namespace: lent to a run with helpers in it, and given back whatever ended the run."""

from __future__ import annotations

import builtins
import getpass
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from rlm_magic import Approve, Budget, ConfigurationError, Reject, Stop
from rlm_magic.events import CodeExecuted
from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI

HELPERS = (
    "context llm_query llm_query_batched rlm_query rlm_query_batched SHOW_VARS FINAL FINAL_VAR "
    "answer exit quit"
).split()


@pytest.fixture
def ask(server: FakeOpenAI) -> Ask:
    return Ask(server)


def process_state() -> list[Any]:
    """What a run borrows of the process."""
    return [
        sys.stdout,
        sys.stderr,
        builtins.input,
        getpass.getpass,
        sys.breakpointhook,
        sys.exit,
        signal.getsignal(signal.SIGINT),
        Path.cwd(),
    ]


def test_the_helpers_are_there_in_the_run_and_gone_afterwards(ask: Ask) -> None:
    namespace: dict[str, Any] = {"data": [1]}
    code = "FINAL(sorted(name for name in globals() if not name.startswith('_')))"
    result = ask([[code]], context="text", namespace=namespace)
    assert result.answer == sorted([*HELPERS, "data"])
    assert namespace == {"data": [1]}


def test_without_a_namespace_the_code_gets_a_fresh_one(ask: Ask) -> None:
    ask([["left = 1\nFINAL(1)"]], keep="all")
    result = ask([["FINAL('left' in globals())"]], keep="all")
    assert result.answer is False


def test_the_context_is_the_object_itself(ask: Ask) -> None:
    context = [object()]
    assert ask([["FINAL(context)"]], context=context).answer is context


def test_without_a_context_it_is_a_mapping_of_the_variables(ask: Ask) -> None:
    big, small = "x" * 10_000, [1]
    namespace = {"big": big, "small": small, "_private": 1, "module": sys}
    answer = ask([["FINAL(dict(context))"]], namespace=namespace).answer
    assert list(answer) == ["big", "small"]
    assert answer["big"] is big
    assert answer["small"] is small


def test_the_description_leaves_out_private_names_modules_and_helpers(ask: Ask) -> None:
    namespace = {"mine": 1, "_private": 2, "module": sys, "FINAL": 3, "exit": 4}
    ask([["FINAL(1)"]], context="text", namespace=namespace)
    [request] = ask.server.root_requests()
    described = request.prompt.partition("Variables in the namespace:\n")[2].splitlines()
    assert [line.split("`")[1] for line in described if line.startswith("- ")] == [
        "mine",
        "context",
    ]


def test_show_vars_describes_what_there_is_now(ask: Ask) -> None:
    ask([["found = 41 + 1\nSHOW_VARS()"], ["print(SHOW_VARS())"], ["FINAL(1)"]], context="text")
    for request in (1, 2):
        assert "`found`: int = 42" in ask.told(request)
        assert "`context`: str" in ask.told(request)
        assert "llm_query" not in ask.told(request)


def shadowed() -> dict[str, Any]:
    """A namespace that has the person's own objects under the helpers' names."""
    return {name: object() for name in HELPERS} | {"data": object(), "_private": object()}


def broken_observer(event: object) -> None:
    raise ValueError("observer")


def refuse_to_ask(proposal: object) -> Approve:
    raise EOFError("nobody there")


def reject_then_stop(proposal: Any) -> Reject | Stop:
    return Reject("no") if proposal.step == 1 else Stop()


MESS = "import os\nos.chdir('/')\ncontext = answer = data = FINAL = 0\ndel llm_query, _private\n"
ENDS: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "answered": ([["FINAL(1)"]], {}, "answered"),
    "answered after a mess": ([[MESS], ["FINAL(1)"]], {}, "answered"),
    "failed step and limit": ([[MESS + "1 / 0"], "no idea"], {"max_steps": 1}, "fallback"),
    "budget for calls": ([[MESS], "FINAL(x)"], {"budget": Budget(calls=2)}, "over_budget"),
    "refused budget": ([], {"budget": Budget(tokens=1)}, "over_budget"),
    "batch over budget": (
        [["llm_query_batched(['a', 'b', 'c'])"], ["FINAL(1)"]],
        {"budget": Budget(calls=3)},
        "answered",
    ),
    "model error": ([[MESS], {"content": "down", "status": 400}], {}, "failed"),
    "empty replies": ([[MESS], "", "", ""], {}, "failed"),
    "observer raises": ([[MESS], ["FINAL(1)"]], {"on_event": broken_observer}, "answered"),
    "rejected, stopped": ([["a = 1"], ["b = 2"]], {"approve": reject_then_stop}, "stopped"),
    "nobody to ask": ([["a = 1"]], {"approve": refuse_to_ask}, "failed"),
}


@pytest.mark.parametrize("keep", ["answer", "all", "none"])
@pytest.mark.parametrize(("replies", "options", "status"), ENDS.values(), ids=ENDS)
def test_shadowed_names_come_back_whatever_ended_the_run(
    ask: Ask, replies: list[Any], options: dict[str, Any], status: str, keep: str
) -> None:
    namespace = shadowed()
    before, process = dict(namespace), process_state()
    result = ask(replies, context="text", namespace=namespace, keep=keep, **options)
    assert result.status == status
    for name in HELPERS:
        assert namespace[name] is before[name]
    if keep != "all":
        assert namespace.keys() == before.keys()
        assert all(namespace[name] is before[name] for name in before)
    assert process_state() == process


def test_an_approval_that_fails_says_so_and_runs_nothing(ask: Ask) -> None:
    namespace: dict[str, Any] = {}
    result = ask([["a = 1"]], namespace=namespace, keep="all", approve=refuse_to_ask)
    assert result.error is not None
    assert "EOFError" in result.error
    assert not [event for event in result.events if isinstance(event, CodeExecuted)]


@pytest.mark.parametrize(
    ("code", "lost"),
    [
        ("llm_query = None", "`llm_query`"),
        ("del FINAL, answer", "`FINAL`, `answer`"),
        ("context = context.split()", "`context`"),
        ("for FINAL_VAR in range(3): pass", "`FINAL_VAR`"),
        ("exit = 1\n1 / 0", "`exit`"),
        ("globals().pop('rlm_query')", "`rlm_query`"),
    ],
)
def test_a_helper_that_was_lost_is_restored_and_the_model_is_told(
    ask: Ask, code: str, lost: str
) -> None:
    check = "FINAL([llm_query('?'), context, callable(exit), callable(FINAL_VAR), answer])"
    result = ask([[code], [check]], context="a b")
    assert result.answer[:4] == ["echo: ?", "a b", True, True]
    note = f"Note: The code overwrote or deleted {lost}, now restored: use other names"
    assert note in ask.told()


def test_a_helper_that_was_lost_is_restored_before_the_next_block_too(ask: Ask) -> None:
    assert ask([["FINAL = print", "FINAL('restored')"]]).answer == "restored"


KEPT: dict[str, set[str]] = {"answer": {"found"}, "all": {"found", "other", "os"}, "none": set()}


@pytest.mark.parametrize("keep", KEPT)
def test_keep_says_which_new_names_stay(ask: Ask, keep: str) -> None:
    namespace: dict[str, Any] = {}
    code = "import os\nother = 1\nfound = [2]\nFINAL_VAR('found')"
    result = ask([[code]], namespace=namespace, keep=keep)
    assert {name for name in namespace if not name.startswith("_")} == KEPT[keep]
    if KEPT[keep]:
        assert namespace["found"] is result.answer


@pytest.mark.parametrize("keep", KEPT)
def test_keep_says_what_becomes_of_names_that_were_there(ask: Ask, keep: str) -> None:
    namespace: dict[str, Any] = {"found": 0, "rebound": 0, "deleted": 0}
    code = "found = 1\nrebound = 1\ndel deleted\nFINAL_VAR('found')"
    assert ask([[code]], namespace=namespace, keep=keep).answer == 1
    namespace.pop("__builtins__", None)
    expected = {
        "answer": {"found": 0, "rebound": 0, "deleted": 0},
        "all": {"found": 1, "rebound": 1},
        "none": {"found": 0, "rebound": 0, "deleted": 0},
    }
    assert namespace == expected[keep]


def test_an_answer_that_is_no_variable_keeps_none(ask: Ask) -> None:
    namespace: dict[str, Any] = {}
    assert ask([["found = 1\nFINAL(found)"]], namespace=namespace).answer == 1
    assert namespace == {}


def test_objects_changed_in_place_stay_changed(ask: Ask) -> None:
    data = [1]
    ask([["data.append(2)\nFINAL(1)"]], namespace={"data": data}, keep="none")
    assert data == [1, 2]


def test_what_the_code_replaced_in_the_process_is_put_back(ask: Ask) -> None:
    code = """
import builtins, getpass, io, os, signal, sys
sys.stdout = sys.stderr = io.StringIO()
builtins.input = getpass.getpass = sys.breakpointhook = sys.exit = None
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.chdir("/")
FINAL(1)
"""
    before = process_state()
    assert ask([[code]]).answer == 1
    assert process_state() == before


def test_a_query_that_cannot_be_used_leaves_everything_alone(ask: Ask) -> None:
    namespace = shadowed()
    before, process = dict(namespace), process_state()
    with pytest.raises(ConfigurationError):
        ask([], "", namespace=namespace)
    assert namespace == before
    assert process_state() == process


def test_a_folder_that_is_gone_afterwards_disturbs_nothing(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    code = "import os, pathlib\nfolder = os.getcwd()\nos.chdir('/')\npathlib.Path(folder).rmdir()"
    assert ask([[code], ["FINAL(1)"]]).status == "answered"


def test_names_that_a_thread_binds_while_the_run_ends_disturb_nothing(ask: Ask) -> None:
    code = """
import threading
stop = threading.Event()
def bind(stop=stop, mapping=globals()):
    n = 0
    while not stop.is_set():
        n += 1
        mapping[f"name_{n % 5000}"] = n
        if n % 7 == 0:
            mapping.pop(f"name_{n % 3000}", None)
thread = threading.Thread(target=bind)
thread.start()
FINAL((stop, thread))
"""
    namespace: dict[str, Any] = {"mine": 1}
    stop, thread = ask([[code]], namespace=namespace).answer
    stop.set()
    thread.join()
    assert namespace["mine"] == 1
    assert not set(HELPERS) & namespace.keys()


def test_a_namespace_is_lent_to_one_run_at_a_time(ask: Ask) -> None:
    namespace: dict[str, Any] = {"rlm": ask.rlm(), "data": [1]}
    again = "rlm.completion('again', namespace=globals())"
    code = f"try:\n    {again}\nexcept ValueError as error:\n    FINAL(str(error))"
    result = ask([[code]], namespace=namespace)
    assert "Another run is using this namespace" in result.answer
    assert namespace.keys() == {"rlm", "data"}
    assert ask([["FINAL(data)"]], namespace=namespace).answer == [1]
