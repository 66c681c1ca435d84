"""What is known of the chosen variable, and how generated code goes through it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_magic.models.offline.words import name_stems, stem, stems

__all__ = ["Data", "Field", "mentioned"]

_NUMBER = re.compile(r"u?int|float|double|decimal", re.IGNORECASE)
_LONG_TEXT = ("text", "body", "content", "docstring", "description", "message", "comment", "note")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?:[T ].*)?")
_KEYS = ("id", "key", "name", "title", "module", "path", "file", "ticket", "number")


@dataclass(frozen=True)
class Field:
    """A column, or a key of records."""

    name: str
    type_name: str
    different: int
    samples: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        return bool(_NUMBER.match(self.type_name))

    @property
    def is_date(self) -> bool:
        """Whether the values begin with a date as ISO 8601 writes it."""
        return bool(self.samples) and all(map(_DATE.fullmatch, self.samples))


@dataclass(frozen=True)
class Data:
    """An expression and what it evaluates to.

    `is_named`: the entries are values of a mapping. `called`: the name of what this was made from.
    """

    expression: str
    shape: str
    is_named: bool = False
    is_python: bool = False
    fields: tuple[Field, ...] = ()
    size: int = 0
    called: str = ""

    @property
    def has_rows(self) -> bool:
        return self.shape in ("table", "polars", "records")

    @property
    def name(self) -> str:
        """What the person calls this: the name of the variable, or the key in a mapping."""
        return self.called or re.findall(r"\w+", self.expression)[-1]

    def repeats(self, field: Field) -> bool:
        """Whether the values of a field come again, so that they make groups."""
        return 0 <= field.different < 0.9 * self.size

    @property
    def rows(self) -> str:
        """An expression for a list of dicts."""
        match self.shape, self.is_named:
            case "table", _:
                return f'{self.expression}.to_dict("records")'
            case "polars", _:
                return f"{self.expression}.to_dicts()"
            case _, True:
                return f'[{{"key": key, **row}} for key, row in {self.expression}.items()]'
            case _:
                return f"list({self.expression})"

    @property
    def key(self) -> Field | None:
        """The field that names a row: no value comes twice, and it is called so or is text."""
        telling = [f for f in self.fields if f.different == self.size]
        by_name = [f for f in telling if set(name_stems(f.name)) & set(map(stem, _KEYS))]
        texts = [f for f in telling if not f.is_number]
        return next(iter(by_name or texts), None)

    def text_field(self, question: str) -> Field | None:
        """The field that holds the text: the one asked for, else the one called like it."""
        texts = [f for f in self.fields if not f.is_number]
        asked = [f for f in mentioned(question, texts) if f != self.key]
        long = sorted(
            (f for f in texts if set(name_stems(f.name)) & set(map(stem, _LONG_TEXT))),
            key=lambda f: -max(map(len, f.samples), default=0),
        )
        return next(iter(asked or long), None)

    def documents(self, field: Field | None = None) -> str:
        """An expression for a mapping of name to whole text."""
        if self.shape == "text":
            return f"{{{self.expression!r}: {self.expression}}}"
        if self.has_rows:
            every_field = '" | ".join(map(str, row.values()))'
            text = f"str(row[{field.name!r}])" if field else every_field
            if self.key is None:
                return f"{{number: {text} for number, row in enumerate({self.rows})}}"
            return f"{{row[{self.key.name!r}]: {text} for row in {self.rows}}}"
        return self.expression if self.is_named else f"dict(enumerate({self.expression}))"

    def items(self, field: Field | None = None) -> str:
        """An expression for pairs of name and entry; the entries of one long text are its lines."""
        if self.shape == "text":
            return f'enumerate({self.expression}.split("\\n"), 1)'
        if self.has_rows:
            text = f"row[{field.name!r}]" if field else '" | ".join(map(str, row.values()))'
            if self.key is None:
                return f"((number, {text}) for number, row in enumerate({self.rows}))"
            return f"((row[{self.key.name!r}], {text}) for row in {self.rows})"
        return f"{self.expression}.items()" if self.is_named else f"enumerate({self.expression})"


def mentioned(text: str, fields: Sequence[Field]) -> list[Field]:
    """The fields that a text names, in the order of the text."""
    words = stems(text)
    found = []
    for field in fields:
        parts = name_stems(field.name)
        places = [i for i in range(len(words)) if words[i : i + len(parts)] == parts]
        if parts and places:
            found.append((places[0], field))
    return [field for _, field in sorted(found, key=lambda pair: pair[0])]
