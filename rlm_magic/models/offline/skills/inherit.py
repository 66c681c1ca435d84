"""Follows base classes through source code: what one hop prints decides the next hop's search."""

import builtins
import re
from dataclasses import dataclass

from rlm_magic.models.offline.conversation import printed
from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.skills import needle
from rlm_magic.models.offline.steps import Answer, Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan"]

FIRST = """
import ast
import re
import warnings

documents = {str(name): text for name, text in DOCUMENTS.items()}


def parse(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            return ast.Module(body=[], type_ignores=[])


def imports(tree):
    \"\"\"Each imported name, and the module it comes from.\"\"\"
    origins = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            origins |= {a.asname or a.name.split(".")[0]: a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            origins |= {a.asname or a.name: module for a in node.names}
    return origins


def show_class(wanted, expected_module):
    \"\"\"Print module, line, bases and their origins for a class, the likeliest place first.\"\"\"
    places = []
    for module, text in documents.items():
        if not re.search(rf"^[ \\t]*class[ \\t]+{wanted}\\b", text, re.MULTILINE):
            continue
        tree = parse(text)
        origins = imports(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == wanted:
                bases = [ast.unparse(base) for base in node.bases]
                bases = {base: origins.get(base.split(".")[0], "") for base in bases}
                nested = node not in tree.body
                places.append((wanted, module, node.lineno, bases, nested))
    path = expected_module.replace(".", "/")
    places = [p for p in places if p[1].replace(".", "/").startswith(path)] or places
    places.sort(key=lambda p: ("test" in p[1].lower(), p[4], p[1].count("/"), len(p[1])))
    print(wanted, "is defined", len(places), "times")
    for place in places[:10]:
        print(place)


CALLS
"""
NEXT = "CALLS"
CONFIRM = """
for module, class_name, line in PLACES:
    source_line = documents[module].split("\\n")[line - 1]
    assert f"class {class_name}" in source_line, source_line
report = TEXT
FINAL(report)
"""
SUBCLASSES = """
import re

pattern = re.compile(r"^[ \\t]*class[ \\t]+(\\w+)[ \\t]*\\(([^()]*)\\)[ \\t]*:", re.MULTILINE)
subclasses = []
for name, text in DOCUMENTS.items():
    for match in pattern.finditer(text):
        bases = [base.strip().rpartition(".")[2] for base in match[2].split(",")]
        if "WANTED" in bases:
            line = text.count("\\n", 0, match.start(1)) + 1
            subclasses.append((match[1], name, line))
print(len(subclasses), "direct subclasses:", subclasses[:20])
"""
MAX_HOPS = 12


@dataclass(frozen=True)
class Definition:
    """A class statement as a hop printed it."""

    name: str
    module: str
    line: int
    bases: tuple[tuple[str, str], ...]  # the base as written, the module it is imported from

    def __str__(self) -> str:
        bases = " and ".join(f"`{base}`" for base, _ in self.bases)
        inherits = f"inherits from {bases}" if bases else "names no base class"
        return f"`{self.name}` is defined in {self.module}, line {self.line}, and {inherits}."


def plan(task: Task, data: Data) -> Plan:
    """Locate the class, read its bases, locate those, as far up as the question asks."""
    identifiers = [t.rpartition(".")[2] for t in task.terms if re.fullmatch(r"[\w.]+", t)]
    start = identifiers[0] if identifiers else _capitalised(task.question)
    if not start or not (data.is_python or data.has_rows):
        yield from needle.plan(task, data)
        return
    values = {"DOCUMENTS": data.documents(data.text_field(task.question))}
    if task.asks(r"\bclasses (?:\w+ ){0,2}(?:inherit|derive|extend|subclass)|\bsubclasses of\b"):
        yield Step("I search all class statements.", SUBCLASSES, {**values, "WANTED": start})
        yield Step("These are the direct subclasses.", "FINAL(subclasses)")
        return
    wanted = {start: _named_module(task)}
    chain: list[Definition] = []
    outside: list[str] = []
    for hop in range(_hops(task) + 1):
        prose = "I locate the class." if not hop else f"Next hop: {', '.join(wanted)}."
        calls = "\n".join(f"show_class({name!r}, {module!r})" for name, module in wanted.items())
        output = yield Step(prose, NEXT if hop else FIRST, {**values, "CALLS": calls})
        level = _read_hop(output, wanted)
        chain += [d for d in level if d not in chain]
        missing = [name for name in wanted if name not in {d.name for d in level}]
        outside += [_say_outside(name, data) for name in missing]
        wanted = _next_wanted(level, chain)
        if not wanted:
            break
    if not chain:
        yield Answer(" ".join(outside))
        return
    places = [(d.module, d.name, d.line) for d in chain]
    lines = "\n".join([*map(str, chain), *outside])
    prose = "I check every place once more before I answer."
    yield Step(prose, CONFIRM, {"PLACES": repr(places), "TEXT": f'"""{lines}"""'})


def _hops(task: Task) -> int:
    if task.asks(r"\btop\b|\ball\b|\bevery\b|\bfollow|\bchain\b|\bancestors\b|\bmro\b|\broot\b"):
        return MAX_HOPS
    named = re.findall(r"(?:base|super|parent)[ -]?class(?:es)? of\b", task.question, re.IGNORECASE)
    return max(1, len(named)) + task.asks(r"\bin turn\b")


def _named_module(task: Task) -> str:
    found = re.search(r"\b(?:in|from|of|module) `?([a-z_]\w*(?:[./][a-z_]\w*)+)`?", task.question)
    dotted = [term for term in task.terms[:1] if "." in term]
    named = found[1] if found else dotted[0].rpartition(".")[0] if dotted else ""
    return named.removesuffix(".py")


def _capitalised(question: str) -> str | None:
    """A class named without quotes: `Queue` in `Which class does Queue inherit from?`"""
    found = re.findall(r"(?<=[a-z,] )([A-Z]\w+)", question)
    return found[0] if found else None


def _read_hop(output: str, wanted: dict[str, str]) -> list[Definition]:
    """The first hit of each class: the code put the most likely one on top."""
    first: dict[str, Definition] = {}
    for line in output.splitlines():
        place = printed(line, tuple)
        if place and len(place) == 5 and isinstance(place[3], dict):
            name, module, number, bases, _ = place
            first.setdefault(name, Definition(name, module, number, tuple(bases.items())))
    return [first[name] for name in wanted if name in first]


def _next_wanted(level: list[Definition], chain: list[Definition]) -> dict[str, str]:
    known = {d.name for d in chain}
    wanted: dict[str, str] = {}
    for definition in level:
        for base, origin in definition.bases:
            name = re.match(r"[\w.]+", base)
            short = name[0].rpartition(".")[2] if name else ""
            if short and short not in known and base != "object":
                wanted[short] = _absolute(origin, definition) or definition.module
    return wanted


def _absolute(origin: str, definition: Definition) -> str:
    """The module of an import; a relative one starts at the package of the importing module."""
    if not origin.startswith("."):
        return origin
    package = definition.module.rpartition("/")[0].replace("/", ".")
    return f"{package}.{origin.lstrip('.')}".strip(".")


def _say_outside(name: str, data: Data) -> str:
    known = hasattr(builtins, name)
    what = "it is a built-in class of Python" if known else "it must come from elsewhere"
    return f"`{name}` is not defined in `{data.expression}`; {what}."
