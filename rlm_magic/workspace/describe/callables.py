"""Describes functions, methods, classes and enumerations: signature and first docstring line."""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum, EnumMeta
from functools import partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    WrapperDescriptorType,
)
from typing import Any

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import counted, glance, listed, tidy
from rlm_magic.workspace.preview.inspection import attempt, bases_of, type_name

_ANNOTATION = 60
_DEFAULT = 30
_DOC = 120
_MEMBERS = 30
_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


@register(FunctionType)
@register("functools._lru_cache_wrapper")
def describe_function(value: Any) -> Iterator[str]:
    """`function load(path: str) -> dict — Load the corpus.`"""
    kind = "async function" if inspect.iscoroutinefunction(value) else "function"
    yield f"{kind} {value.__name__}{_signature(value)}{_doc(value.__doc__)}"


@register(BuiltinFunctionType)
@register(MethodType)
@register(MethodDescriptorType)
@register(WrapperDescriptorType)
def describe_method(value: Any) -> Iterator[str]:
    """`method Corpus.load(path: str) — Load the corpus.`"""
    kind = "method" if type(value) is MethodType else "built-in"
    yield f"{kind} {value.__qualname__}{_signature(value)}{_doc(value.__doc__)}"


@register(partial)
def describe_partial(value: Any) -> Iterator[str]:
    """`functools.partial of load(path: str)`."""
    function = partial.func.__get__(value)
    yield f"functools.partial of {glance(function)}{_signature(value)}"


@register(type)
def describe_class(value: type) -> Iterator[str]:
    """`class Corpus(root: Path) — All files of a project.`, and its methods."""
    attributes = dict(type.__dict__["__dict__"].__get__(value))
    name, doc = type_name(value), attributes.get("__doc__")
    if type(doc) is str and doc.startswith(f"{value.__name__}("):
        doc = None  # the one that a dataclass makes up
    yield f"class {name}{_signature(value).removesuffix(' -> None')}{_doc(doc)}"
    methods = [
        name
        for name, member in attributes.items()
        if type(name) is str
        and not name.startswith("_")
        and type(member) in (FunctionType, classmethod, staticmethod, MethodDescriptorType)
    ]
    if methods:
        yield f"methods: {listed(methods, len(methods), 200)}"


@register(EnumMeta)
def describe_enumeration(value: Any) -> Iterator[str]:
    """`enum class Mode, 2 members`, and the members."""
    members = type.__dict__["__dict__"].__get__(value)["_member_map_"]
    yield f"enum class {type_name(value)}, {counted(len(members), 'member')}"
    told = [
        f"{name} = {_member_value(member)}" for name, member in list(members.items())[:_MEMBERS]
    ]
    if told:
        yield f"members: {listed(told, len(members), 240)}"


def _member_value(member: Enum) -> str:
    return glance(object.__getattribute__(member, "__dict__").get("_value_"))


def _signature(value: Callable[..., Any]) -> str:
    """The parameters in brackets, with short defaults; nothing where they cannot be known."""
    signature = attempt(lambda: inspect.signature(value), None)
    if signature is None:
        return "(…)"
    shown: list[str] = []
    previous = None
    for parameter in signature.parameters.values():
        if previous == parameter.POSITIONAL_ONLY != parameter.kind:
            shown.append("/")
        if parameter.kind == parameter.KEYWORD_ONLY and previous not in (
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        ):
            shown.append("*")
        shown.append(_parameter(parameter))
        previous = parameter.kind
    if previous == inspect.Parameter.POSITIONAL_ONLY:
        shown.append("/")
    returns = signature.return_annotation
    arrow = "" if returns is signature.empty else f" -> {_annotation(returns)}"
    return f"({', '.join(shown)}){arrow}"


def _parameter(parameter: inspect.Parameter) -> str:
    text = _STARS.get(parameter.kind, "") + parameter.name
    annotated = parameter.annotation is not parameter.empty
    if annotated:
        text += f": {_annotation(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        text += (" = " if annotated else "=") + glance(parameter.default, _DEFAULT)
    return text


def _annotation(annotation: Any) -> str:
    """An annotation as it was written, where its repr is the standard library's."""
    if type(annotation) is str:
        return tidy(annotation, _ANNOTATION)
    if any(base is type for base in bases_of(annotation)):
        return type_name(annotation)
    if annotation is None:
        return "None"
    if type(annotation).__module__ in ("typing", "types", "collections.abc"):
        return tidy(attempt(lambda: repr(annotation), "…"), _ANNOTATION)
    return glance(annotation, _ANNOTATION)


def _doc(doc: object) -> str:
    """The first line of a docstring, after a dash."""
    if type(doc) is not str:
        return ""
    first = next(iter(doc[:2_000].strip().splitlines()), "").strip()
    return f" — {tidy(first, _DOC)}" if first else ""
