"""Options, defaults, commands, and what happens when they are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.harness import Kernel
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI

MAGICS = "get_ipython().magics_manager.registry['RLMMagics']"


def configure(kernel: Kernel, **defaults: object) -> None:
    for name, value in defaults.items():
        kernel.run(f"%config RLMMagics.{name} = {value!r}")


def test_the_models_are_chosen_by_options(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL(llm_query('hi'))"), model="openai/big")
    server.rule("hi", "hello", model="openai/small")
    outcome = rlm_kernel.run("%%rlm -m openai/big -s openai/small -a never\nWhy?")

    assert outcome.answer == "hello"
    assert [request.model for request in server.requests()] == ["big", "small"]
    assert rlm_kernel.run("%rlm").stdout.startswith("model      openai/scripted\n")


def test_the_sub_model_is_the_root_model_unless_told_otherwise(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("FINAL(llm_query('hi'))"), model="openai/big")
    rlm_kernel.run("%%rlm -m openai/big -a never\nWhy?")
    assert [request.model for request in server.requests()] == ["big", "big"]


def test_the_address_is_chosen_by_an_option(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    configure(rlm_kernel, api_base="http://127.0.0.1:1/v1")
    server.script(repl("FINAL(1)"))
    assert rlm_kernel.run(f"%%rlm --api-base {server.url} -a never\nWhy?").answer == "1"


def test_a_budget_of_calls_holds(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script([*repl("llm_query_batched(list('abcdefghi'))"), "FINAL(as far as I came)"])
    outcome = rlm_kernel.run("%%rlm --calls 2 -a never\nWhy?")

    assert server.counts()["received"] == 2
    assert outcome.answer.startswith("as far as I came\n")
    assert rlm_kernel.eval("_rlm.status") == "over_budget"


def test_a_batch_beyond_the_budget_is_refused_before_any_of_it_is_sent(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script(repl("llm_query_batched(list('abcdefghi'))", "FINAL('less')"))
    rlm_kernel.run("%%rlm --calls 4 -a never\nWhy?")

    assert server.sub_requests() == []
    assert "this batch of 9 calls was not sent" in server.root_requests()[1].prompt


def test_a_budget_of_tokens_holds(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    outcome = rlm_kernel.run("%%rlm --tokens 100 -a never\nWhy?")
    assert server.counts()["received"] == 0
    assert outcome.error is not None
    assert outcome.error.evalue.startswith("The budget is 100 tokens")
    assert rlm_kernel.eval("_rlm.status") == "over_budget"


def test_a_budget_of_seconds_ends_busy_code(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("while True: pass"))
    outcome = rlm_kernel.run("%%rlm --seconds 0.3 -a never\nWhy?")

    assert outcome.error is not None
    assert outcome.error.evalue == "The budget of seconds is used up."
    assert rlm_kernel.eval("_rlm.status") == "over_budget"
    assert rlm_kernel.run("print('next')").stdout == "next\n"


def test_the_number_of_steps_holds(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script([*repl("print(1)", "print(2)"), "FINAL(best so far)"])
    outcome = rlm_kernel.run("%%rlm --steps 2 -a never\nWhy?")

    ended = "Ended before it was done: the limit of 2 steps is reached."
    assert outcome.answer == f"best so far\n{ended}"
    assert rlm_kernel.eval("_rlm.status") == "fallback"


@pytest.mark.parametrize(("depth", "roots"), [(1, 1), (2, 2)])
def test_the_depth_says_whether_there_are_child_runs(
    rlm_kernel: Kernel, server: FakeOpenAI, depth: int, roots: int
) -> None:
    server.script([*repl("FINAL(rlm_query('Sub?', 'data'))"), "FINAL(from the child)"])
    rlm_kernel.run(f"%%rlm --depth {depth} -a never\nWhy?")
    assert len(server.root_requests()) == roots
    assert len(server.sub_requests()) == 2 - roots


def test_the_answer_is_put_into_a_variable(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("FINAL({'a': [1, 2]})"))
    rlm_kernel.run("%%rlm -o result -a never\nWhy?")
    assert rlm_kernel.eval("result") == {"a": [1, 2]}
    assert rlm_kernel.eval("result is _rlm.answer") is True


@pytest.mark.parametrize(
    ("keep", "left"),
    [("answer", ["found", "mine"]), ("all", ["found", "mine", "other"]), ("none", ["mine"])],
)
def test_keep_says_which_names_stay(
    rlm_kernel: Kernel, server: FakeOpenAI, keep: str, left: list[str]
) -> None:
    rlm_kernel.run("mine = 1")
    server.script(repl("mine = 2; other = 3; found = [4]", "FINAL_VAR('found')"))
    rlm_kernel.run(f"%%rlm --keep {keep} -a never\nWhy?")

    names = "sorted(n for n in globals() if n in ('mine', 'other', 'found', 'llm_query', 'FINAL'))"
    assert rlm_kernel.eval(names) == left
    assert rlm_kernel.eval("mine") == (2 if keep == "all" else 1)


def test_the_trace_goes_where_it_is_told_to(
    rlm_kernel: Kernel, server: FakeOpenAI, tmp_path: Path
) -> None:
    server.script(repl("FINAL(1)"))
    rlm_kernel.run("%%rlm --trace 'my traces/one.jsonl' -a never\nWhy?")
    trace = tmp_path / "my traces" / "one.jsonl"
    assert '"type":"run_started"' in trace.read_text()
    assert rlm_kernel.eval("str(_rlm.trace)") == str(trace)


def test_quiet_shows_the_answer_only(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    server.script(repl("print('working')", "FINAL('the answer')"))
    outcome = rlm_kernel.run("%%rlm -q -a never\nWhy?")
    assert outcome.text == "the answer"
    assert len(outcome.displays) == 1


# Defaults

DEFAULTS = {
    "model": ("openai/other", "model      openai/other"),
    "sub_model": ("openai/other", "sub-model  openai/other"),
    "approve": ("risky", "approve    risky"),
    "usd": (1.5, "budget     1.5 usd"),
    "tokens": (20_000, "budget     20,000 tokens"),
    "calls": (7, "budget     7 calls"),
    "seconds": (90, "budget     90 seconds"),
    "depth": (3, "depth      3, at most 30 steps"),
    "steps": (4, "depth      1, at most 4 steps"),
    "keep": ("none", "keep       none"),
    "cache": ("refresh", "cache      refresh"),
    "retries": (2, "calls      64 at once, 600 s a request, 2 retries"),
    "concurrency": (512, "calls      512 at once, 600 s a request, 5 retries"),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_set_by_config_and_shown(rlm_kernel: Kernel, name: str) -> None:
    value, shown = DEFAULTS[name]
    configure(rlm_kernel, **{name: value})
    assert shown in rlm_kernel.run("%rlm").stdout.splitlines()


def test_defaults_are_in_force_and_options_go_over_them(
    rlm_kernel: Kernel, server: FakeOpenAI, tmp_path: Path
) -> None:
    configure(
        rlm_kernel,
        model="openai/big",
        sub_model="openai/small",
        approve="never",
        calls=2,
        steps=5,
        keep="all",
        trace=str(tmp_path / "t.jsonl"),
        model_options={"temperature": 0.25},
    )
    server.script(repl("x = llm_query('hi')", "FINAL(x)"), model="openai/big")
    server.script(repl("y = llm_query('hi')", "FINAL(y)"), model="openai/huge")
    rlm_kernel.run("%%rlm\nWhy?")
    assert [r.model for r in server.requests()] == ["big", "small"]
    assert [r.body["temperature"] for r in server.requests()] == [0.25, 0.25]
    assert rlm_kernel.eval("(_rlm.status, x, _rlm.trace.name)") == (
        "over_budget",
        "echo: hi",
        "t.jsonl",
    )

    rlm_kernel.run("%%rlm -m openai/huge -s openai/tiny --calls 9 --keep none\nWhy?")
    assert [r.model for r in server.requests()[2:]] == ["huge", "tiny", "huge"]
    assert rlm_kernel.eval("(_rlm.status, 'y' in globals())") == ("answered", False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("approve = 'sometimes'", "sometimes"),
        ("calls = 'many'", "many"),
        ("model = 3", "3"),
    ],
)
def test_a_wrong_default_is_refused_when_it_is_set(
    rlm_kernel: Kernel, line: str, said: str
) -> None:
    before = rlm_kernel.run("%rlm").stdout
    outcome = rlm_kernel.run(f"%config RLMMagics.{line}")
    assert re.search(rf"trait of a RLMMagics instance expected .*{said}", outcome.stderr)
    assert rlm_kernel.run("%rlm").stdout == before


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("steps = 0", "max_steps must be a whole number above zero, not 0."),
        ("calls = -1", "budget calls must be a whole number above zero, not -1."),
        (
            "concurrency = 513",
            "concurrency must be a whole number above zero and at most 512, not 513.",
        ),
        ("session_usd = -1", "session_usd must be a number above zero, not -1.0."),
        ("confirm_calls = 0", "confirm_calls must be a whole number above zero, not 0."),
        (
            "prices = {'m': {'input': 1}}",
            "prices['m'] must give the dollars for a million tokens of 'input' and of 'output', as "
            "in {'input': 0.15, 'output': 0.6}, not {'input': 1}.",
        ),
    ],
)
def test_a_default_that_makes_no_sense_is_one_line(
    rlm_kernel: Kernel, server: FakeOpenAI, line: str, sentence: str
) -> None:
    rlm_kernel.run(f"%config RLMMagics.{line}")
    outcome = rlm_kernel.run("%%rlm\nWhy?")
    assert outcome.text == f"UsageError: {sentence}\n"
    assert server.counts()["received"] == 0


def test_a_config_file_is_honoured(
    new_kernel: Callable[[], Kernel],
    server: FakeOpenAI,
    trace_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = trace_dir / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(
        "c.InteractiveShellApp.extensions = ['rlm_magic']\n"
        "c.RLMMagics.model = 'openai/scripted'\n"
        "c.RLMMagics.approve = 'never'\n"
        f"c.RLMMagics.api_base = {server.url!r}\n"
    )
    monkeypatch.setenv("IPYTHONDIR", str(profile.parent))
    server.script(repl("FINAL(1)"))
    assert new_kernel().run("%%rlm\nWhy?").answer == "1"


# What calls may cost, and how they are made

PRICES = {"openai/scripted": {"input": 1_000, "output": 2_000}}


def test_all_runs_of_a_kernel_draw_on_the_session_budget(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    spent = rlm_kernel.eval(f"{MAGICS}.session.spent.usd")
    usage = {"prompt_tokens": 1_000, "completion_tokens": 500}
    configure(
        rlm_kernel, prices=PRICES, session_usd=spent + 50, model_options={"max_tokens": 1_000}
    )
    server.script([{"content": reply, "usage": usage} for reply in repl("FINAL(1)", "FINAL(2)")])
    rlm_kernel.run("%%rlm -a never\nWhy?")
    assert "session    $48.0000 of $" in rlm_kernel.run("%rlm").stdout

    configure(rlm_kernel, session_usd=spent + 3)
    outcome = rlm_kernel.run("%%rlm -a never\nWhy?")
    assert outcome.error is not None
    assert re.match(
        r"The session budget \(%config RLMMagics\.session_usd\) is \$[\d.]+ and \$1\.0000 remain, "
        r"so this call, which may cost \$[\d.]+ at worst, was not sent\.",
        outcome.error.evalue,
    )
    assert server.counts()["received"] == 1


def test_a_price_makes_a_budget_of_dollars_possible(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    refused = rlm_kernel.run("%%rlm --usd 50 -a never\nWhy?")
    assert refused.error is not None
    assert "%config RLMMagics.prices = {'openai/scripted': {" in refused.error.evalue

    configure(rlm_kernel, prices=PRICES)
    server.script(repl("FINAL(1)"))
    assert rlm_kernel.run("%%rlm --usd 50 -a never\nWhy?").answer == "1"


def test_how_often_a_call_is_tried_again_is_an_option(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    server.script([{"status": 500}] * 3)
    rlm_kernel.run("%%rlm --retries 0 -a never\nWhy?")
    assert server.counts()["received"] == 1


def test_replies_are_kept_and_used_again(
    rlm_kernel: Kernel, server: FakeOpenAI, tmp_path: Path
) -> None:
    configure(rlm_kernel, store=str(tmp_path / "replies.db"))
    server.script(repl("FINAL(llm_query('hi'))"))
    for _ in range(2):
        assert rlm_kernel.run("%%rlm --cache on -a never\nWhy?").answer.startswith("echo: hi")
    assert server.counts()["received"] == 2
    assert (tmp_path / "replies.db").exists()


# The model when none is chosen

NOTICE = "No model is chosen, so the offline demo model answers: rules, not a neural network."


def test_the_model_of_the_environment_is_used(rlm_kernel: Kernel, server: FakeOpenAI) -> None:
    configure(rlm_kernel, model="")
    rlm_kernel.do("import os; os.environ['RLM_MODEL'] = 'openai/from-environment'; del os")
    server.script(repl("FINAL(1)"))
    outcome = rlm_kernel.run("%%rlm -a never\nWhy?")

    assert [request.model for request in server.requests()] == ["from-environment"]
    assert NOTICE not in outcome.text


def test_the_offline_model_is_used_with_a_notice_when_nothing_is_set(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    configure(rlm_kernel, model="")
    outcome = rlm_kernel.run("%%rlm -a never\nWhat is the weather?")

    assert outcome.stdout.startswith(NOTICE)
    assert server.counts()["received"] == 0
    assert rlm_kernel.run("%rlm").stdout.startswith("model      offline/demo\n")


def test_whoever_names_the_offline_model_needs_no_notice(rlm_kernel: Kernel) -> None:
    assert NOTICE not in rlm_kernel.run("%%rlm -m offline/demo -a never\nWhy?").text


# Commands and help


def test_the_status_says_what_was_spent_by_model_and_by_run(
    rlm_kernel: Kernel, server: FakeOpenAI
) -> None:
    rlm_kernel.do(f"vars({MAGICS}).pop('spent', None)")
    assert "spent      0 runs in this session\n" in rlm_kernel.run("%rlm").stdout

    server.script(repl("llm_query_batched(['a', 'b'])", "FINAL(1)"))
    rlm_kernel.run("%%rlm -a never -s openai/small\nHow many are there of\neach kind in all of it?")
    rlm_kernel.run("%%rlm -m offline/demo -a never\nWhat is the weather?")
    status = rlm_kernel.run("%rlm").stdout
    assert re.search(
        r"spent      2 runs in this session: 6 calls, [\d,]+ tokens, price unknown\n"
        r"           openai/scripted: 2 calls, [\d,]+ tokens, price unknown\n"
        r"           openai/small: 2 calls, [\d,]+ tokens, price unknown\n"
        r"           offline/demo: 2 calls, [\d,]+ tokens, \$0\.0000\n"
        r"           run  status    calls +tokens  dollars  seconds  question\n"
        r"             1  answered      4 +[\d,]+  unknown +\d  How many are there of each.*…\n"
        r"             2  answered      2 +[\d,]+   0\.0000 +\d+  What is the weather\?\n",
        status,
    )


def test_the_status_shows_the_last_ten_runs_and_counts_all(rlm_kernel: Kernel) -> None:
    rlm_kernel.do(f"vars({MAGICS}).pop('spent', None)")
    for _ in range(12):
        rlm_kernel.run("%%rlm -q -m offline/demo -a never\nWhat is the weather?")
    status = rlm_kernel.run("%rlm").stdout
    assert "spent      12 runs in this session: 24 calls, " in status
    assert re.findall(r"^ +(\d+)  answered", status, re.MULTILINE) == [str(n) for n in range(3, 13)]


def test_help_lists_the_commands(rlm_kernel: Kernel) -> None:
    listed = rlm_kernel.run("%rlm help").stdout
    for command in ("%%rlm [options]", "%%rlm?", "%rlm help", "_rlm", "%config RLMMagics"):
        assert command in listed


def test_the_question_mark_shows_all_options(rlm_kernel: Kernel) -> None:
    for cell in ("%%rlm?", "%rlm?"):
        [page] = rlm_kernel.run(cell).payload
        shown = re.sub(r"\s+", " ", page["data"]["text/plain"])
        assert " %%rlm [-c NAME" in shown
        for option in (
            *("--context", "--model", "--sub-model", "--api-base", "--approve", "--usd"),
            *("--tokens", "--calls", "--seconds", "--depth", "--steps", "--output", "--keep"),
            *("--trace", "--quiet", "--cache", "--hedge", "--retries"),
        ):
            assert re.search(rf" {option}\b", shown)


# Bad input

OPTIONS = "; %%rlm? shows the options."
BAD = [
    ("%%rlm", "The cell is empty: write your question under %%rlm."),
    ("%%rlm -a never\n  \n\n", "The cell is empty: write your question under %%rlm."),
    ("%%rlm --bogus\nWhy?", f"--bogus: there is no such option{OPTIONS}"),
    ("%%rlm How many?\nWhy?", "How many?: write the question under %%rlm, on lines of its own."),
    ("%%rlm -c txet\nWhy?", "-c txet: there is no variable 'txet'; did you mean text?"),
    ("%%rlm -c nope\nWhy?", "-c nope: there is no variable 'nope'; run the cell that makes it."),
    ("%%rlm -c\nWhy?", f"-c/--context: expected at least one argument{OPTIONS}"),
    ("%%rlm --calls many\nWhy?", f"--calls: 'many' is not a whole number above zero{OPTIONS}"),
    ("%%rlm --steps 0\nWhy?", f"--steps: '0' is not a whole number above zero{OPTIONS}"),
    ("%%rlm --depth 1.5\nWhy?", f"--depth: '1.5' is not a whole number above zero{OPTIONS}"),
    ("%%rlm --seconds -3\nWhy?", f"--seconds: '-3' is not a number above zero{OPTIONS}"),
    ("%%rlm --usd nan\nWhy?", f"--usd: 'nan' is not a number above zero{OPTIONS}"),
    ("%%rlm --hedge 1\nWhy?", f"--hedge: '1' is not a number above 1{OPTIONS}"),
    ("%%rlm --retries -1\nWhy?", f"--retries: '-1' is not a whole number, 0 or more{OPTIONS}"),
    ("%%rlm --cache yes\nWhy?", f"--cache: choose from off, on, refresh, replay{OPTIONS}"),
    ("%%rlm -a maybe\nWhy?", f"-a/--approve: choose from always, risky, never{OPTIONS}"),
    ("%%rlm -o 2x\nWhy?", "-o 2x: this can't be the name of a variable."),
    ("%%rlm -o class\nWhy?", "-o class: this can't be the name of a variable."),
    ("%%rlm -m 'openai\nWhy?", "-m 'openai: a quotation mark is not closed."),
    (
        "%%rlm --trace /proc/no/way\nWhy?",
        "The trace can't be written to /proc/no/way (No such file or directory): "
        "choose another path.",
    ),
    (
        "%rlm undo everything",
        "%rlm undo everything: there is no such command; %rlm help lists them, and a question "
        "goes under %%rlm.",
    ),
]


@pytest.mark.parametrize(("cell", "sentence"), BAD, ids=[cell for cell, _ in BAD])
def test_bad_input_is_one_line_and_nothing_is_called(
    rlm_kernel: Kernel, server: FakeOpenAI, cell: str, sentence: str
) -> None:
    rlm_kernel.run("text = 'abc'")
    names = "sorted(name for name in globals() if not name.startswith('_'))"
    before = rlm_kernel.eval(names)
    outcome = rlm_kernel.run(cell)

    assert outcome.status == "error"
    assert outcome.text == f"UsageError: {sentence}\n"
    assert server.counts()["received"] == 0
    assert rlm_kernel.eval(names) == before
    assert rlm_kernel.eval("'_rlm' in globals()") is False
