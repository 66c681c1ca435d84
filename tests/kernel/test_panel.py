"""The panel's side in the kernel: what browsers are sent, and what their messages do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.kernel.browser import PanelInBrowser, panels
from tests.kernel.harness import Kernel
from tests.kernel.outcome import RECORD
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def panel_kernel(rlm_kernel: Kernel) -> Kernel:
    """The kernel as a person finds it: runs are shown in panels."""
    rlm_kernel.do("get_ipython().run_line_magic('config', 'RLMMagics.panel = True')")
    return rlm_kernel


@pytest.fixture(params=["main shell", "subshell"])
def subshell(request: pytest.FixtureRequest, panel_kernel: Kernel) -> Iterator[str | None]:
    """Where the browser's messages are handled: JupyterLab sends them on subshells."""
    if request.param == "main shell":
        yield None
    else:
        name = panel_kernel.create_subshell()
        yield name
        panel_kernel.delete_subshell(name)


def test_events_reach_the_browser_while_the_run_waits_and_an_approval_runs_the_code(
    panel_kernel: Kernel, server: FakeOpenAI, subshell: str | None
) -> None:
    panel_kernel.run("seen = []")
    server.script(repl("seen.append(1)", "FINAL(len(seen))"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel, subshell=subshell)

    proposed = browser.wait_for("code_proposed")
    assert proposed["code"] == "seen.append(1)"
    assert VIEW in cell.outcome.displays[0].data
    browser.decide(proposed, "approve")
    assert browser.wait_for("code_executed")["code"] == "seen.append(1)"
    browser.decide(browser.wait_for("code_proposed", 2), "approve")

    outcome = cell.wait()
    assert outcome.prompts == []
    assert panel_kernel.eval("(seen, _rlm.answer)") == ([1], 1)


def test_what_runs_is_the_edited_code(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("x = 1", "FINAL(x)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "edit", code="x = 'edited'")
    browser.decide(browser.wait_for("code_proposed", 2), "approve")
    cell.wait()
    assert panel_kernel.eval("_rlm.answer") == "edited"
    assert "The person edited the code" in server.root_requests()[1].prompt


def test_a_rejection_takes_its_note_to_the_model(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    panel_kernel.run("seen = []")
    server.script(repl("seen.append(1)", "FINAL(len(seen))"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "reject", note="use a copy")
    browser.decide(browser.wait_for("code_proposed", 2), "approve")
    cell.wait()
    assert panel_kernel.eval("(seen, _rlm.answer)") == ([], 0)
    assert "Their note: use a copy" in server.root_requests()[1].prompt


def test_approving_the_rest_asks_no_more(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("x = 1", "y = 2", "FINAL(x + y)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "approve", rest=True)
    cell.wait()
    assert panel_kernel.eval("_rlm.answer") == 3


def test_approving_the_rest_answers_the_other_open_questions_too(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    ask = "found = rlm_query_batched(['A?', 'B?'], ['a', 'b'])\nFINAL(found)"
    server.script(repl(ask, "FINAL(context * 2)", "FINAL(context * 2)"))
    cell = panel_kernel.start("%%rlm --depth 2\nWhich?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "approve")
    browser.wait_for("code_proposed", 3)
    browser.decide(browser.of_type("code_proposed")[1], "approve", rest=True)
    cell.wait()
    assert panel_kernel.eval("_rlm.answer") == ["aa", "bb"]


def test_a_large_batch_is_asked_about_in_the_panel(
    panel_kernel: Kernel, server: FakeOpenAI, subshell: str | None
) -> None:
    panel_kernel.do("get_ipython().run_line_magic('config', 'RLMMagics.confirm_calls = 2')")
    code = "found = llm_query_batched(['a', 'b', 'c'])"
    server.script(repl(code, code, "FINAL(found)"))
    cell = panel_kernel.start("%%rlm -a risky\nWhich?")
    browser = PanelInBrowser(panel_kernel, subshell=subshell)
    declined = browser.wait_for("spend_proposed")
    assert (declined["spend"], declined["calls"], declined["usd"]) == (1, 3, None)
    assert server.sub_requests() == []
    browser.decide(declined, "reject", note="two at most")
    approved = browser.wait_for("spend_proposed", 2)
    assert "two at most" in server.root_requests()[1].prompt
    assert server.sub_requests() == []
    browser.decide(approved, "approve")
    cell.wait()
    assert panel_kernel.eval("_rlm.answer") == ["echo: a", "echo: b", "echo: c"]
    decisions = [event["decision"] for event in browser.of_type("spend_decided")]
    assert decisions == ["reject", "approve"]


def test_stopping_in_the_approval_runs_nothing(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    panel_kernel.run("seen = []")
    server.script(repl("seen.append(1)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "stop")
    assert cell.wait().status == "error"
    assert panel_kernel.eval("(seen, _rlm.status)") == ([], "stopped")


def test_stop_ends_a_run_that_waits_for_its_model(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script([{"content": "late", "hold": "root"}])
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.wait_for("root_requested")
    browser.send(kind="stop")
    assert cell.wait().status == "error"
    assert panel_kernel.eval("_rlm.status") == "stopped"


def test_a_decision_has_one_effect_however_often_and_from_wherever_it_is_sent(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    panel_kernel.run("seen = []")
    server.script(repl("seen.append(1)", "seen.append(2)", "FINAL(len(seen))"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    first = browser.wait_for("code_proposed")
    other = PanelInBrowser(panel_kernel, comm=browser.comm)
    for _ in range(3):
        browser.decide(first, "approve")
        other.decide(first, "reject", note="too late")
    second = browser.wait_for("code_proposed", 2)
    browser.decide(first, "approve")
    browser.decide({**second, "run": "another"}, "approve")
    browser.decide(second, "reject")
    browser.decide(browser.wait_for("code_proposed", 3), "approve")
    cell.wait()
    assert panel_kernel.eval("(seen, _rlm.answer)") == ([1], 1)
    decisions = [event["decision"] for event in browser.of_type("code_decided")]
    assert decisions[:2] == ["approve", "reject"]


def whole(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events but for the pieces of replies, which are joined as they happen to be sent."""
    return [event for event in events if event["type"] != "root_streamed"]


def test_the_root_models_words_stream_in(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    words = "I look at it first. " * 20
    server.script([{"content": words, "hold": "rest", "hold_after": 5}, *repl("FINAL(1)")])
    cell = panel_kernel.start("%%rlm -a never\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    first = browser.wait_for("root_streamed")
    assert (first["start"], first["text"]) == (0, words[: len(first["text"])])
    assert browser.of_type("root_replied") == []
    server.open("rest")
    cell.wait()


def test_a_browser_that_comes_late_gets_everything_from_the_start(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("x = 1", "FINAL(x)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    first = PanelInBrowser(panel_kernel)
    first.decide(first.wait_for("code_proposed"), "approve")
    first.wait_for("code_proposed", 2)

    reloaded = PanelInBrowser(panel_kernel, comm=first.comm)
    proposed = reloaded.wait_for("code_proposed", 2)
    assert whole(reloaded.events) == whole(first.events)
    reloaded.decide(proposed, "approve")
    cell.wait()
    assert panel_kernel.eval("_rlm.answer") == 1


def test_what_is_no_message_of_the_panel_changes_nothing(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(1)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    proposed = browser.wait_for("code_proposed")
    browser.send(kind="decide", run=proposed["run"], step=1, block=1, decision="exec")
    browser.decide(proposed, "edit")  # to no code
    browser.send(kind="hello", have="all")
    browser.send(kind="fetch", seq=10_000)
    browser.send(nothing="known")
    browser.comm.send({"method": "unheard of"})
    browser.decide(proposed, "approve")
    outcome = cell.wait()
    assert (outcome.status, outcome.stderr) == ("ok", "")


def test_long_texts_are_previews_and_come_whole_when_they_are_asked_for(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("reply = llm_query('p' * 5_000)", "FINAL(reply)"))
    server.rule(reply="r" * 3_000)
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "approve")
    started, finished = browser.wait_for("sub_call_started"), browser.wait_for("sub_call_finished")
    assert (started["prompt"]["chars"], len(started["prompt"]["start"])) == (5_000, 120)
    assert finished["reply"]["chars"] == 3_000

    for event in (started, finished):
        browser.send(kind="fetch", seq=event["seq"])
    panel_kernel.wait(lambda: len(browser.messages("fetched")) == 2, "both events")
    whole = {it["seq"]: json.loads(buffer) for it, buffer in browser.messages("fetched")}
    assert whole[started["seq"]]["prompt"] == "p" * 5_000
    assert whole[finished["seq"]]["reply"] == "r" * 3_000
    browser.decide(browser.wait_for("code_proposed", 2), "approve")
    cell.wait()


def test_code_that_waits_for_approval_comes_whole_whatever_its_length(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    code = f"x = 1  # {'long ' * 150_000}"
    first, last = repl(code, "FINAL(x)")
    server.script([{"content": first, "chunk": 100_000}, last])
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    proposed = browser.wait_for("code_proposed")
    assert proposed["code"]["chars"] == len(code.rstrip())
    browser.send(kind="fetch", seq=proposed["seq"])
    panel_kernel.wait(lambda: browser.messages("fetched") != [], "the whole code")
    assert json.loads(browser.messages("fetched")[0][1])["code"] == code.rstrip()
    browser.decide(proposed, "approve", rest=True)
    assert cell.wait().status == "ok"


def test_the_panel_ends_with_the_run_and_leaves_a_record(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script([{"content": repl("FINAL('**bold**')")[0], "hold": "root"}])
    cell = panel_kernel.start("%%rlm -a never\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.wait_for("root_requested")
    server.open("root")
    outcome = cell.wait()

    assert len(outcome.displays) == 1
    record = outcome.displays[0]
    assert set(record.data) == {RECORD, "text/html", "text/plain"}
    assert record.data["text/plain"].startswith("**bold**\n[answered · 1 step")
    assert "<strong>bold</strong>" in record.data["text/html"]
    [(finished, _)] = browser.messages("finished")
    assert finished["data"] == record.data
    assert finished["metadata"] == record.metadata
    assert record.metadata[RECORD]["trace"] == panel_kernel.eval("str(_rlm.trace)")
    models = [it for it in panel_kernel.comms.values() if it.target == "jupyter.widget"]
    assert len(models) == 2  # the panel's and its layout's
    assert all(model.closed for model in models)


def test_what_was_answered_is_there_even_if_it_cannot_be_shown(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    panel_kernel.run(
        "from rlm_magic.notebook.panel import panel\n"
        "class Broken(panel.PanelWidget):\n"
        "    def __init__(self, cell):\n"
        "        raise OSError('no widget today')\n"
        "kept, panel.PanelWidget = panel.PanelWidget, Broken"
    )
    server.script(repl("FINAL('found')"))
    outcome = panel_kernel.run("%%rlm -a never\nWhy?")
    panel_kernel.run("panel.PanelWidget = kept")

    assert "showing it failed (OSError: no widget today)" in outcome.stdout
    assert (outcome.status, outcome.answer) == ("ok", "found")
    assert panel_kernel.eval("_rlm.answer") == "found"


def test_a_record_that_fails_loses_no_answer(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    panel_kernel.run(
        "from rlm_magic.notebook import cell\n"
        "kept, cell.record_bundle = cell.record_bundle, lambda *_, **__: 1 / 0"
    )
    server.script(repl("FINAL({'found': 1})"))
    outcome = panel_kernel.run("%%rlm -a never -o out\nWhy?")
    panel_kernel.run("cell.record_bundle = kept")

    assert "The run can't be shown (ZeroDivisionError: division by zero)." in outcome.stdout
    assert "{'found': 1}\n[answered · 1 step" in outcome.stdout
    assert panel_kernel.eval("out") == {"found": 1}
    assert all(it.closed for it in panels(panel_kernel))


def test_each_front_end_tells_its_cell(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL(1)"))
    cell = panel_kernel.start("%%rlm -a never\nWhy?", metadata={"cellId": "the-cell"})
    browser = PanelInBrowser(panel_kernel)
    cell.wait()
    assert browser.comm.data["state"]["cell"] == "the-cell"


def test_without_a_browser_the_question_comes_by_input_and_says_so(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("x = 1", "FINAL(x)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    cell.wait_for_input(timeout=10)
    assert "The panel can't be heard by the kernel here" in cell.outcome.stdout
    assert VIEW not in cell.outcome.displays[0].data
    assert "waiting for approval" in cell.outcome.displays[0].data["text/plain"]
    cell.answer("a")
    cell.answer("a")
    assert cell.wait().status == "ok"
    assert panel_kernel.eval("_rlm.answer") == 1


def test_a_panel_that_breaks_leaves_nobody_waiting(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(1)"))
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.wait_for("code_proposed")
    # A subshell reaches the kernel while the cell runs.
    broken = "from rlm_magic.notebook.panel import link; link.full_line = None"
    subshell = panel_kernel.create_subshell()
    panel_kernel.request(
        "shell",
        "execute_request",
        {"code": broken, "silent": True, "allow_stdin": True},
        subshell=subshell,
    )
    browser.send(kind="fetch", seq=1)
    browser.send(kind="fetch", seq=1)
    cell.answer("a")
    assert cell.wait().status == "ok"


def test_a_browser_that_is_heard_late_gets_the_panel_back(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    first, last = repl("x = 1", "FINAL(x)")
    server.script([{"content": first, "hold": "root"}, last])
    cell = panel_kernel.start("%%rlm\nWhy?")
    cell.wait_for_output("asking the root model", timeout=10)
    assert VIEW not in cell.outcome.displays[0].data
    browser = PanelInBrowser(panel_kernel, comm=panels(panel_kernel)[-1])
    panel_kernel.wait(lambda: VIEW in cell.outcome.displays[0].data, "the panel")
    server.open("root")
    browser.decide(browser.wait_for("code_proposed"), "approve", rest=True)
    assert cell.wait().prompts == []


WATCH = """
counted, shell_events = [], get_ipython().events
hooks = {name: lambda name=name: counted.append(name) for name in ("pre_execute", "post_execute")}
for name, hook in hooks.items():
    shell_events.register(name, hook)
"""
UNWATCH = "for name, hook in hooks.items():\n    shell_events.unregister(name, hook)"


def test_messages_of_the_panel_run_none_of_the_persons_hooks(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    panel_kernel.run(WATCH)
    server.script(repl("FINAL(list(counted))"))
    panel_kernel.run("counted.clear()")
    cell = panel_kernel.start("%%rlm\nWhy?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "approve")
    cell.wait()
    panel_kernel.run(UNWATCH)
    # The end of the cell that cleared the list, and the beginning of this one.
    assert panel_kernel.eval("_rlm.answer") == ["post_execute", "pre_execute"]


def test_concurrent_children_ask_at_once_and_each_is_answered_by_itself(
    panel_kernel: Kernel, server: FakeOpenAI
) -> None:
    ask = "found = rlm_query_batched(['A?', 'B?'], ['a', 'b'])\nFINAL(found)"
    server.script(repl(ask, "FINAL(context * 2)", "FINAL(context * 2)"))
    cell = panel_kernel.start("%%rlm --depth 2\nWhich?")
    browser = PanelInBrowser(panel_kernel)
    browser.decide(browser.wait_for("code_proposed"), "approve")
    browser.wait_for("code_proposed", 3)
    _, first, second = browser.of_type("code_proposed")
    browser.decide(second, "approve")
    browser.wait_for("code_executed")
    browser.decide(first, "edit", code="FINAL('edited')")
    cell.wait()
    questions = {it["run"]: it["question"] for it in browser.of_type("run_started")}
    answers = {"A?": "aa", "B?": "bb", questions[first["run"]]: "edited"}
    assert panel_kernel.eval("_rlm.answer") == [answers["A?"], answers["B?"]]


def test_no_widget_state_is_left_in_a_notebook_that_nbclient_runs(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLM_TRACE_DIR", str(tmp_path))
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("%load_ext rlm_magic\nnotes = ['tea', 'salt', 'tea']"),
            nbformat.v4.new_code_cell(
                '%%rlm -m offline/demo -a never -c notes\nHow many items mention "tea"?'
            ),
        ]
    )
    NotebookClient(notebook).execute()
    assert "widgets" not in notebook.metadata
    assert set(notebook.cells[1].outputs[0].data) == {RECORD, "text/html", "text/plain"}


def test_the_panel_can_be_switched_off(panel_kernel: Kernel, server: FakeOpenAI) -> None:
    panel_kernel.do("get_ipython().run_line_magic('config', 'RLMMagics.panel = False')")
    server.script(repl("FINAL(1)"))
    outcome = panel_kernel.run("%%rlm\nWhy?", answers=["a"])
    assert panels(panel_kernel) == []
    assert set(outcome.displays[0].data) == {RECORD, "text/html", "text/plain"}
