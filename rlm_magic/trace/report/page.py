"""A finished run as HTML without scripts, computed from its events alone.

It is what nbconvert, viewers and mail show: `<details>` and tables, without style sheets. The words
of models and data are shown, never interpreted, but for Markdown of a strict kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlm_magic.events import Event, RootReplied, SubCallFinished
from rlm_magic.trace.report.left import Left, Place
from rlm_magic.trace.report.markup import line, markdown, plain, preformatted
from rlm_magic.trace.report.summary import STATUS_WORDS, counted, summary_line
from rlm_magic.trace.steps import words_of
from rlm_magic.trace.transcript import Block, Call, Run, Spend, Step, transcript

__all__ = ["Limits", "report_html"]

_LONGEST_WORDS = 160
_LONGEST_CELL = 160
_MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest texts that are shown, in characters."""

    call: int = 500
    output: int = 4_000
    words: int = 20_000


def report_html(
    events: Sequence[Event],
    *,
    with_question: bool = True,
    limits: Limits = Limits(),
    summary: str | None = None,
    left: Mapping[Place, Left] | None = None,
) -> str:
    """Return the run as HTML: the answer or why there is none, a summary, each step to unfold.

    `left` is what has been left out of the events, and `summary` the line that counts it in.
    """
    root = transcript(events)
    parts = ['<div class="rlm-report">']
    if with_question and root.started:
        parts.append(f"<p><strong>{line(root.started.question, 2_000)}</strong></p>")
    parts.append(_ending(root, limits))
    model = f"{root.started.model} · " if root.started else ""
    parts.append(f"<details><summary>{plain(model + (summary or summary_line(events)))}</summary>")
    parts.append(_Page(limits, left or {}).steps(root))
    parts.append("</details></div>")
    return "".join(parts)


def _ending(run: Run, limits: Limits) -> str:
    finished = run.finished
    if finished is None:
        return ""
    parts = []
    if finished.error:
        parts.append(f"<p>{plain(finished.error[: limits.words])}</p>")
    if finished.answer is not None:
        show = markdown if finished.answer_type == "str" else preformatted
        parts.append(show(finished.answer, limits.words))
    return "".join(parts)


class _Page:
    """Writes the steps of the runs of a tree."""

    def __init__(self, limits: Limits, left: Mapping[Place, Left]) -> None:
        self._limits = limits
        self._left = left

    def steps(self, run: Run) -> str:
        parts = [f"<p>{line(it.text, 1_000)}</p>" for it in run.notices[:_MOST_ROWS]]
        parts += [self._step(run, step) for step in run.steps.values()]
        return "".join(parts)

    def _step(self, run: Run, step: Step) -> str:
        left = self._left.get((run.id, step.number))
        calls = len(step.calls) + (len(left.calls) if left else 0)
        strategies = dict.fromkeys(name for it in step.executed for name in it.strategies)
        reply = step.reply.text if step.reply else ""
        words, has_code = words_of(reply)
        headline = [f"Step {step.number}"]
        if left and left.steps and step.reply is None:
            headline.append(f"{counted(left.steps, 'reply', 'replies')} left out")
        headline += [counted(calls, "sub-call")] if calls else []
        headline += _marks(step.reply) if step.reply else []
        headline += [name.replace("_", " ") for name in strategies]
        headline += ["raised"] if any(it.error for it in step.executed) else []
        start = line(words.partition("\n")[0], _LONGEST_WORDS)
        body = [f"{' · '.join(headline)}{'. ' if start else ''}{start}</summary>"]
        if words:
            body.append(markdown(words, self._limits.words))
        if has_code and not step.blocks:
            body.append(preformatted(reply, self._limits.words))
        if step.failure:
            body.append(f"<p>No reply: {line(step.failure.error, 2_000)}</p>")
        body += [self._block(block) for block in step.blocks.values()]
        body += [_spend(spend) for spend in list(step.spends.values())[:_MOST_ROWS]]
        body.append(self._calls(step, calls))
        body += [self._child(child) for child in step.children[:_MOST_ROWS]]
        runs = len(step.children[_MOST_ROWS:]) + (left.runs if left else 0)
        body += [f"<p>… and {counted(runs, 'more child run')}.</p>"] if runs else []
        return f"{_FOLD}<summary>{''.join(body)}</details>"

    def _block(self, block: Block) -> str:
        parts = []
        decided, executed = block.decided, block.executed
        if block.proposed and decided and decided.decision == "edit":
            parts.append("<p>Edited before it ran. The model wrote:</p>")
            parts.append(self._code(block.proposed.code))
            parts.append("<p>What ran:</p>")
        if decided and decided.rest:
            parts.append("<p>Approved, with all further code.</p>")
        if executed:
            parts.append(self._code(executed.code))
        elif block.proposed:
            parts.append(self._code(block.proposed.code))
        if decided and decided.decision == "reject":
            note = f": {line(decided.note, 2_000)}" if decided.note else "."
            parts.append(f"<p>Rejected{note}</p>")
        if decided and decided.decision == "stop":
            parts.append("<p>The run was stopped here.</p>")
        if executed and executed.output:
            parts.append(preformatted(executed.output, self._limits.output, style=_OUTPUT))
        if executed and executed.bound:
            names = ", ".join(executed.bound[:_MOST_ROWS])
            more = ", …" if len(executed.bound) > _MOST_ROWS else ""
            parts.append(f"<p>Bound: <code>{line(names, 1_000)}{more}</code></p>")
        return "".join(parts)

    def _code(self, code: str) -> str:
        return preformatted(code, self._limits.words, style=_CODE)

    def _calls(self, step: Step, calls: int) -> str:
        if not calls:
            return ""
        shown = list(step.calls.values())[:_MOST_ROWS]
        rows = "".join(self._row(number, call) for number, call in enumerate(shown, start=1))
        more = calls - len(shown)
        note = f"<p>… and {more:,} more.</p>" if shown and more else ""
        repeats = f", {counted(step.repeats, 'repeat')} not sent" if step.repeats else ""
        title = f"{_FOLD}<summary>{counted(calls, 'sub-call')}{repeats}</summary>"
        table = f"<table><tbody>{_HEAD}{rows}</tbody></table>" if shown else ""
        return f"{title}{table}{note}</details>"

    def _row(self, number: int, call: Call) -> str:
        longest = min(self._limits.call, _LONGEST_CELL)
        prompt = line(call.started.prompt, longest) if call.started else ""
        finished, tokens, reply = call.finished, "", "cancelled"
        if finished and finished.reply is not None:
            reply = line(finished.reply, longest)
            used = finished.tokens.input + finished.tokens.output
            tokens = "" if finished.cached else f"{used:,}"
        elif finished and finished.error is not None:
            reply = f"<em>failed: {line(finished.error, max(longest, 200))}</em>"
        marks = ", ".join(_marks(finished)) if finished else ""
        reply += f" <em>({marks})</em>" if marks else ""
        cells = (str(number), prompt, reply, tokens)
        return f"<tr>{''.join(f'{_CELL}{it}</td>' for it in cells)}</tr>"

    def _child(self, child: Run) -> str:
        question = line(child.started.question, self._limits.call + 40) if child.started else ""
        status = STATUS_WORDS[child.finished.status] if child.finished else "running"
        return (
            f"{_FOLD}<summary>Child run · {status}. {question}</summary>"
            f"{_ending(child, self._limits)}{self.steps(child)}</details>"
        )


def _marks(event: RootReplied | SubCallFinished) -> list[str]:
    """Return what is out of the ordinary about a reply."""
    marks = ["from the store"] if event.cached else []
    marks += [counted(event.retries, "retry", "retries")] if event.retries else []
    marks += ["hedged"] if isinstance(event, SubCallFinished) and event.hedged else []
    return [*marks, "cut off"] if event.cut_off else marks


def _spend(spend: Spend) -> str:
    asked, decided = spend.proposed, spend.decided
    calls = f"{counted(asked.calls, 'call')} to {line(asked.model, 200)}"
    price = "price unknown" if asked.usd is None else f"${asked.usd:.4f}"
    verdict = _VERDICTS[decided.decision] if decided else "Was waiting for approval"
    note = f": {line(decided.note, 2_000)}" if decided and decided.note else "."
    return f"<p>{calls}, about {asked.tokens:,} tokens, {price}. {verdict}{note}</p>"


_VERDICTS = {"approve": "Approved", "reject": "Rejected", "stop": "The run was stopped here"}

# Half-transparent greys look the same in light and dark.
_FOLD = '<details style="margin-left: 1.2em">'
_CODE = "border-left: 3px solid rgba(128, 128, 128, 0.5); background: rgba(128, 128, 128, 0.1); "
_OUTPUT = "border-left: 3px solid transparent; "
_CELL = '<td style="text-align: left; vertical-align: top">'
_NAMES = ("#", "prompt", "reply", "tokens")
_HEAD = f"<tr>{''.join(f'{_CELL}<strong>{it}</strong></td>' for it in _NAMES)}</tr>"
