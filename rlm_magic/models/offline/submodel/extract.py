"""Extracts what has a recognisable form: numbers, dates, addresses, links, names."""

import re

from rlm_magic.models.offline.submodel.parts import split_prompt

__all__ = ["extract"]

_FORMS = {
    r"e-?mail": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"url|link|website": r"https?://[^\s<>\"')]+",
    r"\bdate": r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
    r"|\b\d{1,2} [A-Z][a-z]{2,8} \d{4}\b|\b[A-Z][a-z]{2,8} \d{1,2}, \d{4}\b",
    r"number|amount|price|figure": r"-?\d[\d,]*(?:\.\d+)?",
    r"\bname|people|person": r"\b[A-Z][a-z]+(?: [A-Z][\w.-]+)+",
}


def extract(prompt: str) -> str | None:
    """Everything of the wanted form, each once, a line each; None for a form that has no rule."""
    instruction, text = split_prompt(prompt)
    form = next((f for asked, f in _FORMS.items() if re.search(asked, instruction, re.I)), None)
    if form is None or not text:
        return None
    found = list(dict.fromkeys(re.findall(form, text)))
    return "\n".join(found) if found else "none"
