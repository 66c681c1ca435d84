"""Follows one link from record to record up to the top, and lists all that it passed."""

import re

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.decline import decline
from rlm_magic.models.offline.skills.hops import LINKS, field_for, identifying
from rlm_magic.models.offline.steps import Answer, Plan, Step
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import quoted

__all__ = ["plan"]

CLIMB = """
identity = IDENTITY
rows_of = {}
for row in ROWS:
    plain = {name: str(cell).removesuffix(".0") for name, cell in row.items()}
    for name in identity:
        rows_of.setdefault(plain.get(name, "").casefold(), []).append(plain)

passed = []
above = START
while above.casefold() in rows_of and above.casefold() not in map(str.casefold, passed):
    passed.append(above)
    found = {row[LINK] for row in rows_of[above.casefold()]}
    assert len(found) == 1, f"{above} is not the name of one record: {found}"
    above = found.pop()
    print(passed[-1], "->", above)
loops = above.casefold() in map(str.casefold, passed)
"""
SAY = """
def called(who):
    names = [row[TITLE] for row in rows_of[who.casefold()] if TITLE and row[TITLE] != who]
    return f"{who} ({names[0]})" if names else who


through = " → ".join(map(called, passed))
assert not loops, f"the links run in a circle: {through}"
if above.lower() in ("", "none", "nan", "nat", "<na>"):
    FINAL(f"{called(passed[-1])} is at the top: {through}")
else:
    FINAL(f"The links lead up to {above}, of which the data has no record: {through} → {above}")
"""
_START = r"\b(?:above|over|of|from|for|with)\s+([A-Z][\w-]*(?:\s[A-Z][\w-]*)*)"


def plan(task: Task, data: Data) -> Plan:
    """Find the field that links records, then follow it in one loop that stops at a circle."""
    names = [f.name for f in data.fields if f != data.key]
    words = re.findall(r"\w+", task.question)
    link = next((f for word in [*words, *sorted(LINKS)] if (f := _link(word, names))), None)
    found = re.search(_START, task.question)
    starts = quoted(task.question) or ([found[1]] if found else [])
    if link is None or not starts:
        yield decline("I see no field that leads from one record to the next, or no start", data)
        return
    identity = identifying(data.fields)
    title = next((f.name for f in data.fields if f.name in ("name", "title")), "")
    values = {"IDENTITY": repr(identity), "ROWS": data.rows, "START": repr(starts[0])}
    values |= {"LINK": repr(link), "TITLE": repr(title)}
    output = yield Step(f"I follow `{link}` from {starts[0]} to the top.", CLIMB, values)
    if not output.strip():
        yield Answer(f"There is no {starts[0]} among the records of `{data.name}`.")
        return
    yield Step("That is the way up, checked link by link.", SAY, values)


def _link(word: str, names: list[str]) -> str | None:
    """The field that a word means, if the word is for a link and not for any other field."""
    return field_for(word, names) if field_for(word, sorted(LINKS)) else None
