"""The panel's model in the kernel: an anywidget whose browser module was built by `npm run build`.

Only the run's own thread makes, shows and closes it; only the thread of `Link` sends through it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
from traitlets import Unicode

from rlm_magic.notebook.comms import quiet

__all__ = ["PanelWidget", "is_built"]

_STATIC = Path(__file__).parent / "static"


class PanelWidget(anywidget.AnyWidget):
    """One panel. `cell` is the id of its notebook cell, where the front end told it.

    `id` is the id of the model, which the browser module can't see by itself.
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"
    id = Unicode().tag(sync=True)
    cell = Unicode().tag(sync=True)

    def __init__(self, cell: str) -> None:
        name = uuid4().hex
        super().__init__(model_id=name, id=name, cell=cell)
        quiet(self.comm, self._handle_msg)

    @property
    def view(self) -> dict[str, Any]:
        """The MIME bundle that shows it."""
        reference = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": reference}

    def close(self) -> None:
        """Close it with its layout, which is a model of its own."""
        self.layout.close()
        super().close()


def is_built() -> bool:
    """Whether the browser module is there; a checkout has to build it."""
    return (_STATIC / "widget.js").is_file()
