"""Live progress of a run, as compact text under the cell or in the terminal."""

from rlm_magic.notebook.progress.progress import Progress
from rlm_magic.notebook.progress.views import CellView, TerminalView, View, showing

__all__ = ["CellView", "Progress", "TerminalView", "View", "showing"]
