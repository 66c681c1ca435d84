"""The helpers of a run that is over: they answer with what its trace holds, without a model.

    run = RecordedRun("….rlm.jsonl")
    llm_query_batched = run.llm_query_batched

So the code of a run works as ordinary code, in a notebook and in a script.
"""

from __future__ import annotations

import ast
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from rlm_magic.errors import ConfigurationError, NotRecordedError
from rlm_magic.events import (
    AnyEvent,
    RunFinished,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
    read_event,
    valid_text,
)
from rlm_magic.models.images import read_images
from rlm_magic.models.parameters import check_parameters
from rlm_magic.redaction import hide_keys
from rlm_magic.run.arguments import check_contexts, check_prompts, check_question, read_images_of
from rlm_magic.run.batch import marked_error
from rlm_magic.run.children import prompt_with
from rlm_magic.workspace.describe import describe_namespace

__all__ = ["RecordedRun"]

T = TypeVar("T")

_START = 80  # characters of a prompt that an error shows


class RecordedRun:
    """The recorded replies of the root run in the file `trace`.

    A prompt is looked up as it was sent. One that was sent several times gets its replies in the
    order of the recording, and the last one from then on. Raises ConfigurationError where the file
    can't be read or holds no run.
    """

    def __init__(self, trace: str | os.PathLike[str]) -> None:
        self.trace = Path(trace).expanduser()
        self.answer: dict[str, Any] = {"content": "", "ready": False}
        self._replies: dict[str, deque[str]] = {}
        self._children: dict[str, deque[tuple[str, str | None]]] = {}
        self._read(_events(self.trace))

    def llm_query(
        self, prompt: str, *, model: str | None = None, images: Any = None, **parameters: Any
    ) -> str:
        """Return the recorded reply to `prompt`, or the marked text of a call that failed.

        Raises NotRecordedError when the trace holds no call with this prompt, TypeError or
        ValueError for arguments that a run refuses.
        """
        check_question(prompt, "llm_query")
        check_parameters(parameters)
        read_images(images)
        return self._reply(prompt)

    def llm_query_batched(
        self,
        prompts: Iterable[str],
        *,
        model: str | None = None,
        images: Iterable[Any] | None = None,
        dedupe: bool = True,
        **parameters: Any,
    ) -> list[str]:
        """Return the recorded replies to `prompts`, in their order; raise as `llm_query` does.

        Unless `dedupe` is False, equal prompts with equal images share a reply, as in a run.
        """
        asked = check_prompts(prompts, "llm_query_batched")
        check_parameters(parameters)
        shown = read_images_of(images, len(asked))
        if not dedupe:
            return [self._reply(prompt) for prompt in asked]
        pairs = list(zip(asked, shown, strict=True))
        replies = {pair: self._reply(pair[0]) for pair in dict.fromkeys(pairs)}
        return [replies[pair] for pair in pairs]

    def rlm_query(self, question: str, context: Any = None, *, model: str | None = None) -> Any:
        """Return the answer of the recorded child run for `question`, whatever its `context`.

        Raises NotRecordedError where there is none, or where its answer is of a type that text
        doesn't hold.
        """
        check_question(question, "rlm_query")
        hidden = _as_recorded(question)
        if hidden not in self._children:
            at_limit = _as_recorded(prompt_with(question, context))
            return self._next(self._replies, at_limit, "question")
        text, type_name = self._next(self._children, hidden, "question")
        return text if type_name in (None, "str") else _rebuilt(text, type_name)

    def rlm_query_batched(
        self,
        questions: Iterable[str],
        contexts: Iterable[Any] | None = None,
        *,
        model: str | None = None,
    ) -> list[Any]:
        """Return the recorded answers to `questions`, in their order; raise as `rlm_query` does."""
        asked = check_prompts(questions, "rlm_query_batched")
        given = check_contexts(contexts, len(asked))
        return [self.rlm_query(*pair) for pair in zip(asked, given, strict=True)]

    def FINAL(self, value: Any = None) -> None:
        """Show `value`, which was the answer: among the cell's outputs, or printed in a script."""
        _show(value)

    def FINAL_VAR(self, name: Any) -> None:
        """Show the variable called `name` of the calling code; raise NameError if there is none."""
        variables = _caller()
        if not isinstance(name, str):
            _show(name)
        elif name.strip() in variables:
            _show(variables[name.strip()])
        else:
            raise NameError(f"there is no variable {name[:_START]!r}")

    def SHOW_VARS(self) -> str:
        """Return a description of the calling code's variables."""
        hidden = [name for name in dir(self) if not name.startswith("_")]
        return describe_namespace(_caller(), hide=hidden)

    def _read(self, events: Iterable[AnyEvent]) -> None:
        root: str | None = None
        prompts: dict[int, str] = {}
        questions: dict[str, str] = {}
        answers: dict[str, tuple[str, str | None]] = {}
        replies: dict[int, str] = {}
        for event in events:
            root = root or event.run
            match event:
                case RunStarted(parent=parent) if parent == root:
                    questions[event.run] = event.question
                case RunFinished() if event.run in questions and event.answer is not None:
                    answers[event.run] = event.answer, event.answer_type
                case RunFinished() if event.run in questions:
                    error = event.error or "The child run found no answer."
                    answers[event.run] = marked_error(error), None
                case SubCallStarted() if event.run == root:
                    prompts[event.call] = event.prompt
                case SubCallFinished(reply=str(reply)):
                    replies[event.call] = reply
                case SubCallFinished(error=str(error)):
                    replies[event.call] = marked_error(error)
        if root is None:
            raise ConfigurationError(f"{self.trace} holds no run: give the path of a trace.")
        for call, prompt in prompts.items():
            if call in replies:
                self._replies.setdefault(prompt, deque()).append(replies[call])
        for run, question in questions.items():
            if run in answers:
                self._children.setdefault(question, deque()).append(answers[run])

    def _reply(self, prompt: str) -> str:
        return self._next(self._replies, _as_recorded(prompt), "prompt")

    def _next(self, recorded: Mapping[str, deque[T]], asked: str, what: str) -> T:
        replies = recorded.get(asked)
        if not replies:
            raise NotRecordedError(
                f"The trace {self.trace.name} holds no reply to the {what} "
                f"{asked[:_START]!r}{'…' if len(asked) > _START else ''}: the data or the code has "
                "changed since, so ask the question anew with %%rlm."
            )
        return replies.popleft() if len(replies) > 1 else replies[0]


def _as_recorded(prompt: str) -> str:
    return valid_text(hide_keys(prompt))


def _events(trace: Path) -> Iterator[AnyEvent]:
    try:
        with trace.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if line.endswith("\n"):  # a crash may have cut the last one off
                    yield read_event(line)
    except OSError as error:
        raise ConfigurationError(
            f"The trace {trace} can't be read ({error.strerror}): give the path where it is now."
        ) from None
    except (ValidationError, UnicodeDecodeError):
        raise ConfigurationError(f"{trace} holds something else than a trace.") from None


def _rebuilt(text: str, type_name: str | None) -> Any:
    """Return the value of which `text` is the literal."""
    try:
        tree = ast.parse(text, mode="eval")
        value = ast.literal_eval(tree)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = None
    else:
        shortened = any(it.value is ... for it in ast.walk(tree) if isinstance(it, ast.Constant))
        value = None if shortened else value
    if type(value).__qualname__ != type_name:
        raise NotRecordedError(
            f"The trace holds the answer of a child run, of type {type_name}, as shortened text "
            "only: ask the question anew with %%rlm."
        )
    return value


def _caller() -> dict[str, Any]:
    """Return the global variables of the code that called a helper."""
    return sys._getframe(2).f_globals


def _show(value: object) -> None:
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(value)
    else:
        print(value)
