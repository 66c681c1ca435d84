"""Follows links between records: the row that one hop prints decides what the next looks up."""

import re
from dataclasses import dataclass

from rlm_magic.models.offline.conversation import printed
from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.look import fields_of
from rlm_magic.models.offline.skills import needle
from rlm_magic.models.offline.steps import Answer, Plan, Step, StepFailed
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import name_stems, stem, stems

__all__ = ["LINKS", "Chain", "field_for", "identifying", "plan", "read_chain"]

TABLES = """
tables = TABLES_CODE
identity = IDENTITY


def look_up(value):
    \"\"\"The rows that are identified by a value, as text, with the name of their table.\"\"\"
    found = []
    for table, rows in tables.items():
        for row in rows:
            plain = {name: str(cell).removesuffix(".0") for name, cell in row.items()}
            if value.casefold() in (plain.get(name, "").casefold() for name in identity[table]):
                found.append((table, plain))
    return found


for table, row in look_up(VALUE):
    print((table, row))
"""
NEXT = """
for table, row in look_up(VALUE):
    print((table, row))
"""
PART = """
for table, rows in tables.items():
    for row in rows:
        if any(VALUE.casefold() in str(row.get(name)).casefold() for name in identity[table]):
            print((table, {name: str(cell).removesuffix(".0") for name, cell in row.items()}))
"""
CONFIRM = """
path = PATH  # who, field, value
for who, field, value in path:
    assert any(row.get(field) == value for _, row in look_up(who)), (who, field, value)
FINAL(path[-1][-1])
"""
CONFIRM_NAME = """
path = PATH  # who, field, value
for who, field, value in path:
    assert any(row.get(field) == value for _, row in look_up(who)), (who, field, value)
FINAL(RESULT)
"""
NAMING = frozenset(map(stem, ("name", "title", "label")))
IDENTIFYING = NAMING | frozenset(map(stem, ("id", "key", "code", "number", "no")))
LINKS = frozenset(stems("manager boss supervisor lead chief parent previous predecessor reply"))
SYNONYMS = (
    ("manager", "boss", "supervisor", "report", "lead", "chief"),
    ("born", "birth", "birthplace"),
    ("employer", "company", "work", "employ"),
    ("author", "wrote", "written", "writer"),
    ("home", "live", "city", "residence", "address", "town"),
    ("price", "cost"),
    ("email", "mail"),
)


@dataclass(frozen=True)
class Chain:
    """`the country of the city where Ada was born`: from `Ada` over `born` to `country`."""

    start: str
    links: tuple[str, ...]


def read_chain(task: Task, data: Data) -> Chain | None:
    """The links that the question follows, when the first of them is a field of the data."""
    chain = _asked_in(task.question) or _genitive(task.question) or _possessive(task.question)
    if chain is None or not chain.links:
        return None
    names = [field.name for field in data.fields]
    return chain if any(field_for(link, names) for link in chain.links) else None


def plan(task: Task, data: Data) -> Plan:
    """Look up the start, read the linked value from the printed row, look that up, and so on."""
    chain = read_chain(task, data) if data.has_rows else None
    if chain is None:
        yield from needle.plan(task, data)
        return
    tables = {data.expression: data}
    for variable in task.variables:
        tabular = variable.kind in ("table", "polars") or bool(variable.field_names)
        if tabular and variable.expression not in tables and variable.name != "context":
            tables[variable.expression] = yield from fields_of(variable)
    identity = {name: identifying(table.fields) for name, table in tables.items()}
    code = ", ".join(f"{name!r}: {table.rows}" for name, table in tables.items())
    values = {"TABLES_CODE": f"{{{code}}}", "IDENTITY": repr(identity), "VALUE": repr(chain.start)}
    prose = f"I look up {chain.start}, and will follow the links from there."
    row = _read_row((yield Step(prose, TABLES, values)), chain.links[0])
    if row is None:
        output = yield Step("No exact match, so I look for a part of it.", PART, values)
        row = _read_row(output, chain.links[0])
    path: list[tuple[str, str, str]] = []
    who, links = chain.start, list(chain.links)
    while row is not None and links:
        field = field_for(links[0], list(row))
        if field is None:
            break
        if not path and who not in row.values():
            who = next((row[n] for ns in identity.values() for n in ns if n in row), who)
        links.pop(0)
        value = row[field]
        if value.lower() in ("", "none", "nan"):
            links.insert(0, field)
            break
        path.append((who, field, value))
        if not links and not _is_reference(field, links, chain):
            row = None
            break
        who = value
        prose = f"`{field}` is {value}; that is the next thing to look up."
        row = _read_row((yield Step(prose, NEXT, {"VALUE": repr(value)})), *links[:1])
    if links or not path:
        missing = links[0] if links else chain.start
        known = "".join(f"The {field} of {name} is {value}. " for name, field, value in path)
        yield Answer(f"{known}I lost the trail at {who}: no `{missing}` of it is in the data.")
        return
    prose = "The trail is complete; I check each hop once more."
    if row is None:
        yield Step(prose, CONFIRM, {"PATH": repr(path)})
    else:
        named = [value for name, value in row.items() if set(name_stems(name)) & NAMING]
        result = repr(named[0] if named else path[-1][-1])
        yield Step(prose, CONFIRM_NAME, {"PATH": repr(path), "RESULT": result})


def _asked_in(question: str) -> Chain | None:
    """`In which country was Ada born?`, `Where was Ada born?`"""
    asked = r"(?:where|(?:in |for |at )?(?:which|what) (\w+)) (?:was|is|does|did|do|were|has) "
    found = re.match(rf"\W*(?i:{asked})((?:[A-Z][\w.-]*\s)+)(\w+)", question)
    if found is None:
        return None
    links = (found[3], found[1]) if found[1] else (found[3],)
    return Chain(found[2].strip(), links)


def _possessive(text: str) -> Chain | None:
    """`Ada's manager's city`"""
    found = re.search(r"((?:[A-Z][\w-]*\s)*[A-Z][\w-]*)['’]s\s+(.+?)\W*$", text)
    if found is None:
        return None
    links = re.split(r"['’]s\s+", found[2])
    return Chain(found[1], tuple(link.strip() for link in links))


def _genitive(question: str) -> Chain | None:
    """`the manager of the manager of Ada`, `the manager of Ada's manager`, `the country of the
    city where Ada was born`"""
    parts = re.split(r"\s+of\s+", question.strip().rstrip("?.! "))
    if len(parts) < 2:
        return None
    *links, last = parts
    links = [" ".join(re.findall(r"\w+", part)[-2:]) for part in links]
    if owned := _possessive(last):
        return Chain(owned.start, (*owned.links, *reversed(links)))
    where = r"(?:the\s+)?(.+?)\s+(?:where|in which|that|who|for whom|which)\s+(.+)"
    if clause := re.fullmatch(where, last):
        subject = re.match(r"((?:[A-Z][\w.-]*\s?)+)(.*)", clause[2])
        if subject is None:
            return None
        links.append(f"{subject[2]} {clause[1]}")
        last = subject[1]
    start = last.strip(" `\"'“”")
    return Chain(re.sub(r"^the\s+(?:\w+\s+)?(?=[A-Z])", "", start), tuple(reversed(links)))


def field_for(link: str, names: list[str]) -> str | None:
    """The field that a link means: by its own word, else by a synonym."""
    words = set(stems(link)) - {"wa", "is", "the", "who", "what", "wer", "in"}
    for name in names:
        if words & (set(name_stems(name)) - {"id", "nam"}):
            return name
    related = {stem(w) for group in SYNONYMS for w in group if words & set(map(stem, group))}
    for name in names:
        if related & set(name_stems(name)):
            return name
    return next((name for name in names if words & set(name_stems(name))), None)


def identifying(fields: tuple[Field, ...]) -> list[str]:
    most = max((field.different for field in fields), default=0)
    telling = [f for f in fields if not f.is_number and f.different == most]
    texts = [f.name for f in telling if not set(name_stems(f.name)) & LINKS]
    named = [f.name for f in fields if len(name_stems(f.name)) == 1]
    keys = [name for name in named if set(name_stems(name)) <= IDENTIFYING]
    return list(dict.fromkeys([*keys, *texts]))


def _is_reference(field: str, links: list[str], chain: Chain) -> bool:
    """Whether the last value is an identifier whose name is wanted, not a value of its own."""
    asked_for_id = "id" in stems(chain.links[-1])
    return not links and "id" in name_stems(field) and not asked_for_id


def _read_row(output: str, link: str = "") -> dict[str, str] | None:
    """The first printed row that has the wanted field, else the first one."""
    pairs = (printed(line, tuple) for line in output.splitlines() if line.startswith("("))
    rows = [pair[1] for pair in pairs if pair and len(pair) == 2 and isinstance(pair[1], dict)]
    fitting = [row for row in rows if not link or field_for(link, list(row))]
    field = field_for(link, list(fitting[0])) if link and fitting else None
    if field and len({row[field] for row in fitting if field in row}) > 1:
        raise StepFailed(f"{len(fitting)} rows fit, and their `{field}` differs.", refused=True)
    return next(iter(fitting or rows), None)
