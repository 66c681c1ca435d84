"""The step that takes the docstring out of each module of source code."""

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.steps import Step

__all__ = ["take_docstrings"]

DOCSTRINGS = """
import re

opening = re.compile(r'(?:\\s*#[^\\n]*\\n)*\\s*[rRuU]?("{3}|\\'{3})(.*?)\\1', re.DOTALL)
docstrings = {}
for name, text in DOCUMENTS.items():
    found = opening.match(text)
    docstrings[name] = found[2].strip() if found else ""
print(len(docstrings), "modules,", sum(map(bool, docstrings.values())), "with a docstring")
"""


def take_docstrings(data: Data) -> Step:
    """Binds `docstrings`, a dict of module name to docstring."""
    prose = "The docstring is the first string of a module; a pattern takes it out."
    return Step(prose, DOCSTRINGS, {"DOCUMENTS": data.documents()})
