"""Describes a namespace: one line a variable, and the details of as many as there is room for."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from rlm_magic.redaction import is_secret_name
from rlm_magic.workspace.describe.registry import details_within, family_of, lines_of
from rlm_magic.workspace.preview.inspection import attempt, bases_of, module_of

__all__ = ["describe_namespace", "variables_of"]

_MOST_A_VARIABLE = 1_200
_SHARE_OF_LINES = 0.85  # of the budget, where one-line entries alone would take all of it
_COUNT_LINE = 60  # room for the line that counts what is left out
_ATTEMPTS = 10

_SHELL_LISTS = {"In": "_ih", "Out": "_oh"}
_SHELL_CALLS = frozenset({"exit", "quit", "get_ipython", "open", "display"})
_SHELL = frozenset({"IPython", "ipykernel", "_sitebuiltins"})
_OPEN = frozenset({"io", "_io"})  # the module of `open`, and of what IPython puts in its place


@dataclass
class _Entry:
    """A variable on its way into the text."""

    name: str
    lines: Iterator[str]
    rank: tuple[bool, int]
    text: str = ""


def variables_of(namespace: Mapping[str, object]) -> dict[str, object]:
    """The person's variables by name, by reference: no private, module or shell names."""
    return {
        name: value for name, value in _snapshot(namespace) if _is_shown(name, value, namespace)
    }


def describe_namespace(
    namespace: Mapping[str, object], *, hide: Collection[str] = (), budget: int = 12_000
) -> str:
    """Describe the person's variables within `budget` characters.

    Private names, modules, the shell's own names and those in `hide` are left out. Every variable
    gets a line, data gets its details first, the largest first. If the lines do not fit, the rest
    is listed by name, then counted.
    """
    entries = [
        _Entry(name, _lines_of(name, value), _rank(value))
        for name, value in variables_of(namespace).items()
        if name not in hide
    ]
    if not entries:
        return "(no variables)"
    ranked = sorted(entries, key=lambda entry: entry.rank)
    used = _write_lines(ranked, budget)
    if used <= budget:
        _write_details(ranked, budget - used)
        return "\n".join(entry.text for entry in entries)
    kept = _drop_lines(ranked, min(int(budget * _SHARE_OF_LINES), budget - _COUNT_LINE))
    lines = [entry.text for entry in entries if entry.text]
    names = [entry.name for entry in entries if not entry.text]
    return "\n".join([*lines, *_by_name(names, budget - kept)])


def _lines_of(name: str, value: object) -> Iterator[str]:
    if is_secret_name(name) and isinstance(value, str | bytes):
        return iter([f"{type(value).__name__}, hidden for its name"])
    return lines_of(value)


def _snapshot(namespace: Mapping[str, object]) -> list[tuple[str, object]]:
    """The variables at one moment: other threads may bind names meanwhile."""
    for _ in range(_ATTEMPTS):
        try:
            return list(namespace.items())
        except RuntimeError:  # changed while it was read
            continue
    return list(dict(namespace).items())


def _is_shown(name: object, value: object, namespace: Mapping[str, object]) -> bool:
    if type(name) is not str or name.startswith("_") or not name.isidentifier():
        return False
    if any(base is ModuleType for base in bases_of(value)):
        return False
    if name in _SHELL_LISTS:
        return namespace.get(_SHELL_LISTS[name]) is not value
    return not (name in _SHELL_CALLS and _is_of_the_shell(value))


def _is_of_the_shell(value: object) -> bool:
    if any(type(value) is kind for kind in (FunctionType, MethodType, BuiltinFunctionType)):
        module = attempt(lambda: str(value.__module__), "")
        return module.partition(".")[0] in _SHELL | _OPEN
    return module_of(type(value)).partition(".")[0] in _SHELL


def _rank(value: object) -> tuple[bool, int]:
    """Data before the rest, the larger first."""
    base, _, is_data = family_of(value)
    size = attempt(lambda: int(base.__len__(value)), 0) if is_data else 0  # type: ignore[attr-defined]
    return not is_data, -size


def _write_lines(ranked: list[_Entry], budget: int) -> int:
    """Write one-line entries until the budget is used up, and return what they take."""
    used = -1
    for entry in ranked:
        entry.text = f"- `{entry.name}`: {next(entry.lines)}"
        used += len(entry.text) + 1
        if used > budget:
            break
    return used


def _write_details(ranked: list[_Entry], room: int) -> None:
    for entry in ranked:
        details = details_within(entry.lines, min(room, _MOST_A_VARIABLE - len(entry.text)))
        entry.text += details
        room -= len(details)
        if room <= 0:
            break


def _drop_lines(ranked: list[_Entry], room: int) -> int:
    """Take back the lines that do not fit, the least first, and return what the others take."""
    used = 0
    for entry in ranked:
        used += len(entry.text) + 1
        if used > room or not entry.text:
            used -= len(entry.text) + 1
            entry.text = ""
    return used


def _by_name(names: list[str], room: int) -> list[str]:
    shown: list[str] = []
    room -= _COUNT_LINE + len("Also: ")
    for name in names:
        room -= len(name) + len("``, ")
        if room < 0:
            break
        shown.append(f"`{name}`")
    lines = [f"Also: {', '.join(shown)}"] if shown else []
    left = len(names) - len(shown)
    return [*lines, f"… and {left:,} more: call SHOW_VARS() to list them"] if left else lines
