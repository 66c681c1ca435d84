"""Text as HTML that is safe wherever it is shown: escaped, or Markdown of a strict kind.

No scripts, no style sheets, no raw HTML, and nothing that a page fetches by itself.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = ["line", "markdown", "plain", "preformatted", "without_ansi"]

# Beyond these Markdown may take seconds to read; the text is shown as it is.
_LONGEST_MARKDOWN = 20_000  # characters
_MOST_BRACKETS = 300
_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
# Escape sequences of a terminal, and other characters that HTML can't hold.
_ANSI = re.compile(
    r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b[\]PX^_][^\x07\x1b]*+(?:\x07|\x1b\\)?|\x1b[ -/]*+[0-~]?"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_BOX = "white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0; padding: 4px 10px; "


def plain(text: str) -> str:
    """Return `text` escaped."""
    return escape(without_ansi(text))


def line(text: str, longest: int) -> str:
    """Return the start of `text` on one line, escaped."""
    words = " ".join(text[: longest * 2 + 1].split())
    return plain(
        words if len(words) <= longest and len(text) <= longest * 2 else words[:longest] + "…"
    )


def preformatted(text: str, longest: int, *, style: str = "") -> str:
    """Return `text` as it is, to be read in a fixed font."""
    shown, note = _shortened(text, longest)
    return f'<pre style="{style}{_BOX}">{escape(shown)}</pre>{note}'


def markdown(text: str, longest: int) -> str:
    """Return Markdown as HTML; raw HTML in it is shown as text, an image as a link."""
    shown, note = _shortened(text, longest)
    if len(shown) > _LONGEST_MARKDOWN or shown.count("[") > _MOST_BRACKETS:
        return preformatted(text, longest)
    return f'<div style="overflow-wrap: anywhere">{_renderer().render(shown)}</div>{note}'


def without_ansi(text: str) -> str:
    """Return `text` without the escape sequences of a terminal and other control characters."""
    return _ANSI.sub("", text)


def _shortened(text: str, longest: int) -> tuple[str, str]:
    shown = without_ansi(text[: 2 * longest])
    if len(text) <= 2 * longest and len(shown) <= longest:
        return shown, ""
    note = f"<p><em>… {len(text):,} characters in all; the trace file holds them.</em></p>"
    return shown[:longest], note


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
    renderer.disable("image")
    renderer.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    renderer.add_render_rule("link_open", _link)
    return renderer


def _link(renderer, tokens, index, options, env):  # type: ignore[no-untyped-def]
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)
