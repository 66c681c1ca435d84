"""A small honest loop around the offline model: it describes, runs the code, and reports back."""

import contextlib
import io
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from rlm_magic.models.offline import reply
from rlm_magic.prompts.feedback import BlockOutcome, observation
from rlm_magic.prompts.reply import FinalText, FinalVar, read_reply
from rlm_magic.workspace.describe import describe_namespace

ROOT = "You are the root model of a Recursive Language Model (RLM).\n\n(helpers)"
MAX_STEPS = 25


class Finished(BaseException):
    """Raised by FINAL, so that no `except Exception` in generated code stops it."""


@dataclass
class Run:
    """A finished run: its answer, and everything that was said."""

    answer: Any
    messages: list[dict[str, str]]
    sub_prompts: list[str]
    namespace: dict[str, Any]
    in_words: bool = False
    code: list[str] = field(default_factory=list)


def opening(question: str, description: str) -> list[dict[str, str]]:
    brief = f"Question:\n{question}\n\nVariables in the namespace:\n{description}\n\nBegin."
    return [{"role": "system", "content": ROOT}, {"role": "user", "content": brief}]


def drive(question: str, namespace: Mapping[str, Any], *, accept_final: bool = True) -> Run:
    """Run the loop to its end; with `accept_final=False` every final from code is refused."""
    variables = dict(namespace)
    messages = opening(question, describe_namespace(variables))
    run = Run(None, messages, [], variables)

    def finish(value: Any) -> None:
        run.answer = value
        raise Finished

    def llm_query(prompt: str) -> str:
        run.sub_prompts.append(prompt)
        return reply([{"role": "user", "content": prompt}])

    variables.update(
        FINAL=finish,
        FINAL_VAR=lambda name: finish(variables[name]),
        llm_query=llm_query,
        llm_query_batched=lambda prompts: [llm_query(prompt) for prompt in prompts],
    )
    for step in range(1, MAX_STEPS):
        text = reply(messages)
        messages.append({"role": "assistant", "content": text})
        read = read_reply(text)
        if isinstance(read.final, FinalVar):
            run.answer = variables[read.final.name]
            return run
        if isinstance(read.final, FinalText):
            run.answer, run.in_words = read.final.text, True
            return run
        (code,) = read.blocks
        run.code.append(code)
        output, failed, finished = _execute(code, variables)
        if finished and accept_final:
            return run
        outcome = BlockOutcome(output=output, chars=len(output), failed=failed)
        notes = ["The final answer was refused: it is empty."] if finished else []
        messages.append({"role": "user", "content": observation(step, [outcome], notes)})
    raise AssertionError(f"no answer after {MAX_STEPS} steps: {messages[-1]['content']}")


def _execute(code: str, variables: dict[str, Any]) -> tuple[str, bool, bool]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(code, "<step>", "exec"), variables)
        except Finished:
            return printed.getvalue(), False, True
        except Exception:
            traceback.print_exc(file=printed)
            return printed.getvalue(), True, False
    return printed.getvalue(), False, False


@pytest.fixture
def run() -> Callable[..., Run]:
    """`run(question, **variables)`: the whole run."""
    return lambda question, **variables: drive(question, variables)


@pytest.fixture
def ask() -> Callable[..., Any]:
    """`ask(question, **variables)`: its answer."""
    return lambda question, **variables: drive(question, variables).answer


@pytest.fixture
def loop() -> SimpleNamespace:
    """The parts of the loop, for tests that play the engine themselves."""
    return SimpleNamespace(drive=drive, opening=opening, describe=describe_namespace)


@pytest.fixture
def tickets() -> list[dict[str, Any]]:
    texts = [
        ("I was charged twice, please refund my money", "open", "ann@x.org"),
        ("The app crashes with an error on start", "open", "bob@x.org"),
        ("I forgot my password and my account is locked", "closed", "ann@x.org"),
        ("The invoice shows a wrong price", "pending", "cy@x.org"),
        ("The screen freezes, this is a bug", "open", "di@x.org"),
        ("My credit card payment failed", "closed", "bob@x.org"),
        ("Please refund the last invoice", "open", "ann@x.org"),
    ]
    rows = enumerate(texts, 100)
    return [{"id": i, "body": b, "status": s, "email": e, "hours": i - 98} for i, (b, s, e) in rows]


@pytest.fixture
def chapters() -> dict[str, str]:
    return {
        "I. Departure": "The Albatross left the harbour at dawn.\n\nHer captain, Edith Vance,\n"
        "kept the secret code 90210 in a locked drawer. The crew sang.",
        "II. Storm": "The storm broke the mast of the Albatross. The crew was afraid, and the\n"
        "storm lasted for three days.",
        "III. Island": "At last they saw an island. Birds rose from the trees.",
    }


@pytest.fixture
def package() -> dict[str, str]:
    return {
        "shapes/base.py": '"""Base classes of all shapes."""\n\n\nclass Thing:\n    pass\n\n\n'
        'class Shape(Thing):\n    """A shape."""\n\n    def area(self):\n        return 0\n',
        "shapes/round.py": '"""Round shapes, with a queue of points."""\nfrom .base import Shape\n'
        "\nLIMIT = 17\n\n\nclass Circle(Shape):\n    def area(self):\n        return 3\n\n\n"
        'def unit(size=(1, 2)):\n    """The unit circle.\n\n    Of radius one.\n    """\n\n\n'
        "def _private():\n    pass\n",
        "shapes/draw.py": 'import shapes.round\n\nHELP = """\ndef fake():\nclass Circle:\n"""\n\n\n'
        "class Disc(shapes.round.Circle):\n    pass\n\n\nasync def draw(shape):\n"
        '    """Draws it."""\n',
        "other/base.py": "class Shape(dict):\n    pass\n",
        "other/broken.py": "print 'Python 2'\nclass Old: pass\n",
    }
