"""The report of a run as HTML: complete, without scripts, and safe whatever is in it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from rlm_magic import Approve, Edit, Reject, Result, Stop
from rlm_magic.events import (
    BatchStarted,
    RootFailed,
    SpendDecided,
    SpendProposed,
    SubCallStarted,
)
from rlm_magic.trace.report import report_html, report_text, summary_line
from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI
from tests.trace.runs import Story

HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(2)> <b>bold</b>
![picture](https://example.org/p.png) [bad](javascript:alert(3)) [data](data:text/html,x)
[good](https://example.org/a) <https://example.org/b> [mail](mailto:a@example.org) [local](/etc)
\x1b[31mred\x1b[0m \x1b]8;;https://example.org/c\x07link\x1b]8;;\x07 </details></div></pre>"""


class Page(HTMLParser):
    """The elements and the text of a piece of HTML, which must be well-formed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "hr"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str | None]:
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


def page(result: Result) -> Page:
    return Page(report_html(result.events))


@pytest.fixture
def ask(server: FakeOpenAI) -> Ask:
    return Ask(server)


def test_hostile_text_is_shown_and_never_interpreted(ask: Ask) -> None:
    ask.server.rule(reply=HOSTILE)
    code = f"text = {HOSTILE!r}\nprint(text)\nllm_query(text)"
    reply = f"{HOSTILE}\n\n```repl\n{code}\n```"
    shown = page(ask([reply, [f"FINAL({HOSTILE!r})"]], HOSTILE))
    allowed = set("div p strong details summary pre code table tbody tr td em a br".split())
    assert {tag for tag, _ in shown.tags} <= allowed
    attributes = {name for _, given in shown.tags for name in given}
    assert attributes <= {"class", "style", "href", "rel"}
    good = {"https://example.org/a", "https://example.org/b", "mailto:a@example.org"}
    assert good <= set(shown.links) <= {*good, "https://example.org/p.png"}
    assert all(it["rel"] == "noopener noreferrer" for tag, it in shown.tags if tag == "a")
    assert "<script>alert(1)</script>" in shown.text
    assert "\x1b" not in shown.text


def test_a_text_answer_is_markdown_and_any_other_is_as_it_is(ask: Ask) -> None:
    shown = page(ask([["FINAL('**Yes**\\nand\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |')"]]))
    assert {"strong", "br", "table"} <= {tag for tag, _ in shown.tags}
    shown = page(ask([["FINAL(['**no**'])"]]))
    assert "['**no**']" in shown.text


def test_the_answer_comes_before_the_steps(ask: Ask) -> None:
    shown = page(ask([["print('seen')"], ["FINAL('forty-two')"]])).text
    assert shown.index("forty-two") < shown.index("2 steps") < shown.index("seen")


def test_the_question_can_be_left_out(ask: Ask) -> None:
    result = ask([["FINAL(1)"]], "Why though?")
    assert "Why though?" in report_html(result.events)
    assert "Why though?" not in report_html(result.events, with_question=False)


def test_a_run_without_an_answer_says_why(ask: Ask) -> None:
    result = ask([["FINAL(1)"]], approve=lambda _: Stop())
    assert "The run was stopped." in page(result).text
    assert report_text(result.events).startswith("The run was stopped.\n[stopped")


def test_a_step_tells_words_code_output_names_strategies_and_errors(ask: Ask) -> None:
    step = "I look *first*.\n\n```repl\nx = 1\nprint(context[:3])\n1 / 0\n```"
    shown = page(ask([step, "FINAL(1)"], context="abcdef")).text
    assert "Step 1 · peek · raised. I look *first*." in shown
    assert "I look first." in shown
    assert "print(context[:3])" in shown
    assert "abc\n" in shown
    assert "ZeroDivisionError" in shown
    assert "Bound: x" in shown


def test_an_approval_of_all_that_follows_is_told(ask: Ask) -> None:
    told = "Approved, with all further code."
    shown = page(ask([["x = 1"], ["FINAL(x)"]], approve=lambda _: Approve(rest=True))).text
    assert shown.count(told) == 1
    assert told not in page(ask([["FINAL(1)"]], approve=lambda _: Approve())).text


def test_decisions_are_told(ask: Ask) -> None:
    decisions = iter([Edit("x = 2"), Reject("Use <re>."), Edit("FINAL(x)")])
    result = ask([["x = 1"], ["import os"], ["FINAL(0)"]], approve=lambda _: next(decisions))
    shown = page(result).text
    assert "Edited before it ran. The model wrote:x = 1What ran:x = 2" in shown
    assert "Rejected: Use <re>." in shown


def test_sub_calls_are_a_table_of_the_first() -> None:
    shown = Page(report_html(Story(calls=1_000, failing=3).events()))
    rows = [tag for tag, _ in shown.tags if tag == "tr"]
    assert len(rows) == 21
    assert "… and 980 more." in shown.text
    assert "1: prompt" in shown.text
    assert "2: reply" in shown.text
    assert "failed: no reply" in shown.text


def test_child_runs_are_nested(ask: Ask) -> None:
    replies = [["FINAL(rlm_query('inner?', 'c'))"], ["print('inside')\nFINAL('inner answer')"]]
    shown = page(ask(replies, max_depth=2)).text
    assert "Child run · answered. inner?" in shown
    assert "inner answer" in shown
    assert "inside" in shown


def test_a_long_text_is_cut_and_its_length_is_told() -> None:
    events = Story(output="o" * 50_000, answer="a" * 50_000).events()
    shown = report_html(events)
    assert len(shown) < 30_000
    assert shown.count("50,000 characters in all") == 2
    text = report_text(events, longest=1_000)
    assert len(text) < 1_200
    assert "50,000 characters in all" in text


def test_it_is_the_same_each_time() -> None:
    stories = [Story(calls=3, children=1, seed=seed) for seed in (0, 1)]
    pages = [report_html(story.events()) for story in stories]
    assert pages[0] == pages[1]


def test_the_summary_counts_everything() -> None:
    events = Story(steps=2, calls=5, failing=5, children=1, usd=0.25).events()
    assert summary_line(events) == (
        "answered · 2 steps · 2 child runs · 8 sub-calls · 2 failed"
        " · 472 tokens (8 cached) · $3.0000"
    )
    assert summary_line(Story(calls=1, usd=None).events()).endswith("price unknown")


def test_the_summary_tells_the_store_and_retries_where_there_were_some() -> None:
    events = Story(calls=20, failing=10, stored=4, retried=5, usd=0.25).events()
    assert summary_line(events) == (
        "answered · 1 step · 18 sub-calls · 4 from the store · 2 failed · 4 retried"
        " · 166 tokens (14 cached) · $3.7500 to $4.7500"
    )


def test_what_is_out_of_the_ordinary_about_a_reply_stands_beside_it() -> None:
    read = Page(report_html(Story(calls=6, stored=3, retried=2).events())).text
    assert "3: reply (from the store)" in read
    assert "2: reply (1 retry)" in read
    assert "1: reply4" in read, "and nothing beside the others but their tokens"


def test_a_batch_that_was_asked_about_is_told_with_the_decision_and_its_repeats() -> None:
    spend = {"run": "r", "step": 1, "spend": 1}
    events = [
        SpendProposed(**spend, calls=1_240, model="<b>x", tokens=3_100_000, usd=0.84),
        SpendDecided(**spend, decision="reject", note="Too <i>much</i>."),
        BatchStarted(run="r", step=1, batch=1, calls=1, repeats=40),
        SubCallStarted(run="r", step=1, call=1, model="x", prompt="p", batch=1),
    ]
    read = Page(report_html(events)).text
    assert "1,240 calls to <b>x, about 3,100,000 tokens, $0.8400." in read
    assert "Rejected: Too <i>much</i>." in read
    assert "1 sub-call, 40 repeats not sent" in read


def test_a_root_model_that_gave_no_reply_says_why() -> None:
    failed = RootFailed(run="r", step=1, error="The key is refused.", fault="bad_key", seconds=1)
    assert "No reply: The key is refused." in Page(report_html([failed])).text
    assert "1 failed" in summary_line([failed])


@pytest.mark.parametrize("text", ["[" * 60_000, "> " * 30_000, "*a_" * 20_000, "`" * 60_000])
def test_no_markdown_takes_long_to_read(text: str) -> None:
    assert "60,000 characters in all" in report_html(Story(answer=text).events())
