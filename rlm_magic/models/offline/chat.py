"""A chat as the context: its last message asks, and the messages before it hold the text."""

import re
from collections.abc import Generator

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.steps import Step, Turn
from rlm_magic.models.offline.task import Task

__all__ = ["is_chat", "open_chat"]

_ABOUT = "`context` is a chat, a list of messages"
SPLIT = """
def text_of(content):
    if isinstance(content, str):
        return content
    return "\\n".join(part.get("text", "") for part in content if isinstance(part, dict))


texts = {number: text_of(message["content"]) for number, message in enumerate(context)}
last = max(number for number, message in enumerate(context) if message["role"] == "user")
paragraphs = [part.strip() for part in texts[last].split("\\n") if part.strip()]
asked = [part for part in (paragraphs[-1], paragraphs[0]) if part.endswith("?")] or paragraphs[-1:]
question = asked[0] if len(paragraphs) > 1 else texts[last]
earlier = {f"message {number}": text for number, text in texts.items() if number != last and text}
if len(texts[last]) > 2000:
    earlier[f"message {last}"] = texts[last].replace(question, "")
if len(earlier) == 1:
    (earlier,) = earlier.values()
print(type(earlier).__name__, len(earlier))
print(question[:2000])
"""


def is_chat(task: Task) -> bool:
    """Whether the question says that the context is a chat."""
    return task.question.startswith(_ABOUT)


def open_chat(task: Task) -> Generator[Turn, str, tuple[Task, Data | None]]:
    """The question that the last message asks, and the text of all other messages."""
    output = yield Step("I part the last message from what was said before it.", SPLIT)
    head, _, question = output.partition("\n")
    _, stated, asked = task.question.partition("It reads:\n\n")
    others = tuple(v for v in task.variables if v.name != "context")
    inner = Task((asked if stated else question).strip(), others)
    if re.search(r" 0$", head):
        return inner, None
    is_text = head.startswith("str")
    shape = "text" if is_text else "texts"
    return inner, Data("earlier", shape, is_named=not is_text)
