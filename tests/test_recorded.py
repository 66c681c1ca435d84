"""A recorded run answers what it was asked when it was recorded, and refuses anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlm_magic import ConfigurationError, NotRecordedError, RecordedRun, RLMError
from tests.engine import run_program
from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI


@pytest.fixture
def ask(server: FakeOpenAI) -> Ask:
    return Ask(server)


def recorded(ask: Ask, replies: list[Any], **options: Any) -> RecordedRun:
    trace = ask(replies, **options).trace
    assert trace is not None
    return RecordedRun(trace)


def test_a_prompt_gets_the_reply_that_it_got(ask: Ask) -> None:
    run = recorded(ask, [["llm_query_batched(['a', 'b'])\nFINAL(llm_query('c'))"]])
    assert run.llm_query("b") == "echo: b"
    assert run.llm_query_batched(["c", "a"]) == ["echo: c", "echo: a"]
    assert run.llm_query_batched([]) == []


def test_a_repeated_prompt_gets_its_replies_in_order_and_then_the_last(ask: Ask) -> None:
    ask.server.rule("again", reply="reply {n}")
    run = recorded(ask, [["FINAL([llm_query('again') for _ in range(3)])"]])
    replies = run.llm_query_batched(["again"] * 5, dedupe=False)
    assert replies == [f"reply {n}" for n in (1, 2, 3, 3, 3)]


def test_equal_prompts_of_a_batch_share_a_reply_where_their_images_are_equal(ask: Ask) -> None:
    ask.server.rule("look", reply="reply {n}")
    run = recorded(ask, [["FINAL([llm_query('look') for _ in range(3)])"]])
    cat, dog = "https://example.org/cat.png", "https://example.org/dog.png"
    assert run.llm_query_batched(["look"] * 4, images=[cat, dog, [cat], None]) == [
        *("reply 1", "reply 2", "reply 1", "reply 3")
    ]


def test_the_keywords_of_a_run_are_taken(ask: Ask) -> None:
    run = recorded(ask, [["llm_query('a')\nrlm_query('q', 'c')\nFINAL(1)"]])
    image = b"GIF89a" + bytes(9)
    assert run.llm_query("a", model="cheap", images=image, max_tokens=5) == "echo: a"
    assert run.llm_query_batched(["a"], model="cheap", images=[None], seed=1) == ["echo: a"]
    assert run.rlm_query("q", "c", model="cheap").startswith("echo: q")
    assert run.rlm_query_batched(["q"], ["c"], model="cheap")[0].startswith("echo: q")


def test_a_failed_call_gives_its_marked_text(ask: Ask) -> None:
    ask.server.rule("bad", status=500)
    result = ask([["FINAL(llm_query('bad'))"]], retries=0)
    assert result.trace is not None
    assert RecordedRun(result.trace).llm_query("bad") == result.answer
    assert result.answer.startswith("[call failed]")


def test_what_was_not_asked_is_refused_with_its_start_and_what_to_do(ask: Ask) -> None:
    run = recorded(ask, [["FINAL(llm_query('a'))"]])
    with pytest.raises(NotRecordedError, match=r"no reply to the prompt 'x{80}'….*anew with %%rlm"):
        run.llm_query("x" * 1_000)
    with pytest.raises(LookupError):
        run.rlm_query("never asked", "context")
    assert issubclass(NotRecordedError, RLMError)


def test_a_key_in_a_prompt_is_hidden_as_it_was(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "very-secret-value")
    run = recorded(ask, [["import os\nFINAL(llm_query('with ' + os.environ['SOME_API_KEY']))"]])
    assert "very-secret-value" not in run.trace.read_text()
    assert run.llm_query("with very-secret-value").startswith("echo: with (value of")


def test_a_prompt_that_is_no_valid_text_is_found(ask: Ask) -> None:
    code = "llm_query('half \\ud83d')\nFINAL(rlm_query('child \\ud83d', 'c'))"
    run = recorded(ask, [[code]], max_depth=1)
    assert run.llm_query("half \ud83d").startswith("echo: half")
    assert run.rlm_query("child \ud83d", "c").startswith("echo: child")


@pytest.mark.parametrize("answer", ["'text'", "7", "[1, 'a', None]", "{'a': (1, 2.5)}", "True"])
def test_a_child_run_s_answer_comes_back(ask: Ask, answer: str) -> None:
    replies = [["FINAL(rlm_query('inner', 'c'))"], [f"FINAL({answer})"]]
    result = ask(replies, max_depth=2)
    assert result.trace is not None
    again = RecordedRun(result.trace).rlm_query("inner", "c")
    assert again == result.answer
    assert type(again) is type(result.answer)


def test_an_answer_that_text_does_not_hold_is_refused(ask: Ask) -> None:
    replies = [["rlm_query('inner')\nFINAL(1)"], ["FINAL(object())"]]
    run = recorded(ask, replies, max_depth=2)
    with pytest.raises(NotRecordedError, match="of type object, as shortened text only"):
        run.rlm_query("inner")


def test_child_runs_of_a_batch_and_failed_ones(ask: Ask) -> None:
    replies = [["FINAL(rlm_query_batched(['one', 'two'], ['a', 'b']))"]]
    ask.server.rule("one", reply="FINAL(first)")
    ask.server.rule("two", status=500)
    result = ask(replies, max_depth=2, retries=0)
    assert result.trace is not None
    again = RecordedRun(result.trace).rlm_query_batched(["one", "two"], ["a", "b"])
    assert again == result.answer
    assert again[1].startswith("[call failed]")


def test_at_the_depth_limit_a_child_run_was_a_sub_call(ask: Ask) -> None:
    result = ask([["FINAL(rlm_query('q', {'a': 1}))"]])
    assert result.trace is not None
    assert RecordedRun(result.trace).rlm_query("q", {"a": 1}) == result.answer


def test_the_prompts_of_child_runs_are_not_the_root_run_s(ask: Ask) -> None:
    replies = [["FINAL(rlm_query('inner'))"], ["FINAL(llm_query('deep'))"]]
    with pytest.raises(NotRecordedError):
        recorded(ask, replies, max_depth=2).llm_query("deep")


def test_wrong_arguments_are_refused_as_in_a_run(ask: Ask) -> None:
    run = recorded(ask, [["FINAL(1)"]])
    wrong: Any = 7
    for call in (run.llm_query, run.llm_query_batched, run.rlm_query, run.rlm_query_batched):
        with pytest.raises(TypeError):
            call(wrong)
    with pytest.raises(TypeError, match="for several use llm_query_batched"):
        run.llm_query(wrong)
    for keywords in ({"api_key": "k"}, {"temperature": "hot"}, {"images": b"no image"}):
        with pytest.raises(ValueError, match=r"api_key is no parameter|temperature must|no image"):
            run.llm_query("a", **keywords)
    with pytest.raises(TypeError, match="images as a list with an entry for each prompt"):
        run.llm_query_batched(["a"], images=b"GIF89a")
    with pytest.raises(ValueError, match="got 2 prompts and 1 images"):
        run.llm_query_batched(["a", "b"], images=[None])
    with pytest.raises(ValueError, match=r"images\[1\]\[0\] is no image"):
        run.llm_query_batched(["a", "b"], images=[None, [b"x"]])
    with pytest.raises(ValueError, match="got 1 questions and 2 contexts"):
        run.rlm_query_batched(["a"], ["b", "c"])


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.rlm.jsonl"
    with pytest.raises(ConfigurationError, match="can't be read"):
        RecordedRun(path)
    for content in ("", "hello\n", '{"a": 1}\n', "\ud800\n"):
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        with pytest.raises(ConfigurationError):
            RecordedRun(path)


def test_a_trace_that_a_crash_cut_off_can_be_used(ask: Ask) -> None:
    trace = ask([["FINAL(llm_query('a'))"]]).trace
    assert trace is not None
    trace.write_text(trace.read_text()[:-20])
    assert RecordedRun(str(trace)).llm_query("a") == "echo: a"


def test_it_works_in_a_plain_script(ask: Ask) -> None:
    trace = ask([["FINAL(llm_query('a'))"]]).trace
    done = run_program(
        f"""
run = RecordedRun({str(trace)!r})
FINAL, FINAL_VAR, SHOW_VARS = run.FINAL, run.FINAL_VAR, run.SHOW_VARS
reply = run.llm_query("a")
FINAL(reply)
FINAL_VAR("reply")
print("`reply`: str" in SHOW_VARS(), "`FINAL`" in SHOW_VARS(), "IPython" in sys.modules)
try:
    FINAL_VAR("missing")
except NameError as error:
    print(error)
""",
        ask.server,
    )
    assert done.err == ""
    assert done.out.splitlines() == [
        "echo: a",
        "echo: a",
        "True False False",
        "there is no variable 'missing'",
    ]
