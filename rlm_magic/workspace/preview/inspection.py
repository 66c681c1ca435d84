"""Looks at an object without running any of its code: its types, their names, its stored fields.

`isinstance` asks `__class__`, `getattr` asks `__getattr__`, and a metaclass can answer for a class;
everything here reads the slots of `type` and `object` themselves.
"""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import MemberDescriptorType, ModuleType
from typing import Any, TypeVar

__all__ = [
    "attempt",
    "bases_of",
    "class_attribute",
    "loaded",
    "module_of",
    "qualified_name",
    "stored_fields",
    "type_name",
]

T = TypeVar("T")
D = TypeVar("D")

_TYPE: Mapping[str, Any] = vars(type)
_MISSING = object()


def attempt(call: Callable[[], T], default: D) -> T | D:
    """Return what `call` returns, or `default` when it raises anything but an interrupt."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException:  # a panic of a Rust extension is no Exception
        return default


def bases_of(value: object) -> tuple[type, ...]:
    """The classes of a value, nearest first."""
    bases: tuple[type, ...] = _TYPE["__mro__"].__get__(type(value))
    return bases


def class_attribute(value: object, name: str, default: Any = None) -> Any:
    """What the classes of a value hold under a name, unbound."""
    for base in bases_of(value):
        found = _TYPE["__dict__"].__get__(base).get(name, _MISSING)
        if found is not _MISSING:
            return found
    return default


def module_of(cls: type) -> str:
    """The module that a class says it is from."""
    module = attempt(lambda: _TYPE["__module__"].__get__(cls), "")
    return module if type(module) is str else ""


def qualified_name(cls: type) -> str:
    """`module.qualname` of a class, as it was defined."""
    return f"{module_of(cls)}.{_TYPE['__qualname__'].__get__(cls)}"


def loaded(module: str, name: str) -> Any:
    """An attribute of a module if that module is imported already, else None."""
    found = sys.modules.get(module)
    if not issubclass(type(found), ModuleType):
        return None
    # Not vars(): a lazy module would load itself.
    return attempt(lambda: object.__getattribute__(found, "__dict__").get(name), None)


def type_name(cls: type) -> str:
    """The name by which code would reach a class: `dict`, `pandas.DataFrame`, `Corpus`."""
    if cls is type(None):
        return "None"
    module = module_of(cls)
    name = str(_TYPE["__qualname__"].__get__(cls)).rpartition("<locals>.")[2][:80]
    root = module.partition(".")[0]
    if root in ("", "builtins", "__main__"):
        return name
    for public in (root.lstrip("_"), root):
        if loaded(public, name) is cls:
            return f"{public}.{name}"
    return f"{module[:80]}.{name}"


def stored_fields(value: object) -> dict[str, object]:
    """The values that an instance holds, by name; properties are not asked."""
    fields: dict[str, object] = {}
    for base in reversed(bases_of(value)):
        attributes = _TYPE["__dict__"].__get__(base)
        if "__slots__" not in attributes:
            continue  # of a C type they are no fields of the instance's own
        for name, member in list(attributes.items()):
            if type(member) is MemberDescriptorType and type(name) is str:
                held = attempt(partial(member.__get__, value), _MISSING)
                if held is not _MISSING:
                    fields[name] = held
    if type(class_attribute(value, "__dict__")) is not property:
        held = attempt(lambda: object.__getattribute__(value, "__dict__"), None)
        if type(held) is dict:
            fields.update((k, v) for k, v in list(held.items()) if type(k) is str)
    return fields
