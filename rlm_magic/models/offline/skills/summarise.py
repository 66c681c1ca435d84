"""Summarises text of any length: parts are summarised one by one, then their summaries."""

import re

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.steps import Plan, Step
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import plain_number

__all__ = ["plan"]

PARTITION = """
text = "\\n".join(str(entry) for _, entry in PAIRS)
size = min(80_000, max(4_000, len(text) // 40))
parts = []
start = 0
while start < len(text):
    end = text.rfind("\\n", start, start + size) + 1 if start + size < len(text) else len(text)
    end = end if end > start else start + size
    parts.append(text[start:end])
    start = end

assert "".join(parts) == text
print(len(text), "characters in", len(parts), "parts")
"""
MAP = """
prompts = [f"Summarise the text in 3 sentences.\\n\\nText:\\n{part}" for part in parts]
summaries = llm_query_batched(prompts)
print(len(summaries), "summaries, the first:", summaries[0])
"""
REDUCE = """
joined = "\\n".join(summaries)
summary = llm_query(f"Summarise the text in NUMBER sentences.\\n\\nText:\\n{joined}")
print(summary)
"""


def plan(task: Task, data: Data) -> Plan:
    """Partition, map, reduce."""
    field = data.text_field(task.question) if data.has_rows else None
    asked = re.search(r"\b(\w+) sentence", task.question)
    number = (plain_number(asked[1]) if asked else None) or 5
    prose = "This is more than one prompt should hold, so I cut it at line ends."
    yield Step(prose, PARTITION, {"PAIRS": data.items(field)})
    yield Step("A sub-model summarises each part.", MAP, result="summaries")
    values = {"NUMBER": str(number)}
    yield Step("Then it summarises the summaries.", REDUCE, values, result="summary")
    yield Step("That is the summary.", 'FINAL_VAR("summary")')
