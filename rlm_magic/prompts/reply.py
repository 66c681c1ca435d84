"""Reads a root model's reply: its blocks of code or its final answer, and what to tell it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rlm_magic.prompts.fences import CODE_TAGS, Fence, split_reply
from rlm_magic.prompts.finals import FinalText, FinalVar, find_final, mentions_final
from rlm_magic.syntax import parse, parses

__all__ = ["FinalText", "FinalVar", "Reply", "read_reply"]

_OUTPUT_TAGS = frozenset(
    "output out stdout stderr result results console terminal text txt plaintext plain log logs "
    "repl_output tool_output traceback".split()
)
_OUTPUT_TITLE = re.compile(
    r"^[ \t>#*_]*+(?:(?:the|expected|simulated|sample|execution|repl|code|cell|actual)[ ])*+"
    r"(?:outputs?|stdout|results?|prints)\b[^\n:]{0,20}:"
    r"|^Step \d+(?:, block \d+)? (?:ran|raised)\b",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply holds.

    `blocks` is the code in order; `final` an answer given as text, only where there is no code;
    `prose` the words beside the code, without thinking; `notes` sentences to tell the model.
    """

    blocks: tuple[str, ...]
    final: FinalText | FinalVar | None
    prose: str
    notes: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run, to read or to say."""
        return not (self.blocks or self.final or self.prose or self.notes)


def read_reply(text: str) -> Reply:
    """Read a root model's reply; any text can be read."""
    parts = split_reply(text)
    blocks = _blocks(parts)
    notes = list(_notes(parts, blocks))
    if blocks:
        words = [part for part in parts if isinstance(part, str)]
        return Reply(tuple(fence.text for fence in blocks), None, _prose(words), tuple(notes))
    shown = [part for part in parts if isinstance(part, str) or not _is_code(part)]
    final = _final(shown)
    if final is None and mentions_final("\n".join(p for p in shown if isinstance(p, str))):
        notes.append(
            "FINAL( was never closed, so it was not read as an answer: close the parenthesis."
        )
    return Reply((), final, _prose(shown), tuple(notes))


def _is_code(fence: Fence) -> bool:
    return fence.tag in CODE_TAGS


def _prose(parts: Iterable[str | Fence]) -> str:
    return "\n".join(p if isinstance(p, str) else p.source for p in parts).strip()


def _final(parts: Sequence[str | Fence]) -> FinalText | FinalVar | None:
    fenced: list[range] = []
    texts: list[str] = []
    length = 0
    for part in parts:
        text = part if isinstance(part, str) else part.source
        if isinstance(part, Fence):
            fenced.append(range(length, length + len(text)))
        texts.append(text)
        length += len(text) + 1
    return find_final("\n".join(texts), fenced)


def _blocks(parts: Sequence[str | Fence]) -> list[Fence]:
    """Return the fences that are code to run: the `repl` ones, else Python, else bare ones."""
    tagged = [
        fence
        for fence in parts
        if isinstance(fence, Fence) and _is_code(fence) and fence.text and not _cut_off(fence)
    ]
    repl = [fence for fence in tagged if fence.tag == "repl"]
    if repl or tagged:
        return repl or tagged
    blocks: list[Fence] = []
    for before, fence in zip(["", *parts], parts, strict=False):
        if isinstance(fence, Fence) and not fence.tag and _is_python(fence.text):
            title = before if isinstance(before, str) else ""
            invented = blocks and _OUTPUT_TITLE.match(title.strip().rsplit("\n", 1)[-1])
            if not invented:
                blocks.append(fence)
    return blocks


def _cut_off(fence: Fence) -> bool:
    return not fence.closed and not parses(fence.text)


def _is_python(text: str) -> bool:
    """Whether an untagged fence is code: it parses and does more than `[1, 2]` or `a: b`."""
    try:
        tree, escapes = parse(text)
    except SyntaxError:
        return False
    return bool(escapes) or any(_does_something(statement) for statement in tree.body)


def _does_something(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr():
            acts = (ast.Call, ast.Await, ast.Subscript)
            return any(isinstance(node, acts) for node in ast.walk(statement))
        case ast.AnnAssign(value=None):
            return False
    return True


def _is_invented(part: str | Fence) -> bool:
    """Whether what stands after code, and is not run, poses as its output."""
    if isinstance(part, Fence):
        return part.tag in _OUTPUT_TAGS or (not part.tag and bool(part.text))
    return _OUTPUT_TITLE.search(part) is not None


def _notes(parts: Sequence[str | Fence], blocks: Sequence[Fence]) -> Iterable[str]:
    running = {id(block) for block in blocks}
    ignored = [p for p in parts if isinstance(p, Fence) and id(p) not in running]
    code = [fence for fence in ignored if _is_code(fence)]
    bare = [fence for fence in ignored if not fence.tag and fence.text]
    if any(_cut_off(fence) for fence in code):
        yield (
            "The last code block was cut off before its end and is no complete Python, so it "
            "was not run: send it again, complete."
        )
    if blocks and any(fence.text and not _cut_off(fence) for fence in code):
        yield (
            "Only ```repl fences are run when a reply holds both: the ```python fences were "
            "ignored."
        )
    if any(not fence.text for fence in code):
        yield "A code fence was empty: write the Python to run in it."
    others = {f.tag for f in ignored if f.tag and not _is_code(f) and f.tag not in _OUTPUT_TAGS}
    if others:
        tags = ", ".join(f"```{tag[:20]}" for tag in sorted(others)[:3])
        yield f"Only Python in a ```repl fence is run: {tags} was ignored."
    if blocks:
        later = parts[[id(part) for part in parts].index(id(blocks[0])) + 1 :]
        if any(_is_invented(part) for part in later if id(part) not in running):
            yield (
                "Output that you wrote yourself was ignored: write code, stop, and wait for what "
                "it really prints."
            )
        if any(mentions_final(part) for part in parts if isinstance(part, str)):
            yield (
                "FINAL outside of the code was ignored, because the reply also held code: look at "
                "what the code prints, then finish."
            )
    elif bare:
        yield (
            "A fence without a language held no Python to run and was ignored: put code into a "
            "```repl fence, and a final answer as FINAL(...) outside of any fence."
        )
