"""Shows any value within a number of characters, without running its code."""

from rlm_magic.workspace.preview.rendering import clip, preview, preview_output, printable

__all__ = ["clip", "preview", "preview_output", "printable"]
