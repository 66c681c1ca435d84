"""The notebook face: `%%rlm`, its live progress, its approvals, and what it leaves behind."""

from __future__ import annotations

import threading
from importlib import import_module

from IPython.core.interactiveshell import InteractiveShell

from rlm_magic.notebook.completion import complete_rlm
from rlm_magic.notebook.magics import RLMMagics
from rlm_magic.notebook.settings_comm import open_settings
from rlm_magic.notebook.transformer import rewrite_cell

__all__ = ["load", "unload"]


def load(shell: InteractiveShell) -> None:
    """Register the magics, the rewriting of `%%rlm` cells, and their completion.

    A second call changes nothing.
    """
    if "RLMMagics" in shell.magics_manager.registry:
        return
    magics = _magics_of(shell)
    shell.register_magics(magics)
    threading.Thread(target=_warm_up, name="rlm-magic-warm-up", daemon=True).start()
    shell.input_transformers_cleanup.append(rewrite_cell)
    shell.Completer.custom_matchers.append(complete_rlm)
    magics.front_end = open_settings(shell, magics)


def _warm_up() -> None:
    """Load the engine and litellm, which take seconds, while the person is still writing."""
    from rlm_magic.models.provider import warm_up

    warm_up()
    import_module("rlm_magic.notebook.cell")


def _magics_of(shell: InteractiveShell) -> RLMMagics:
    """Return the shell's own magics, which keep across a reload what `%config` has set."""
    known = (it for it in shell.configurables if isinstance(it, RLMMagics))
    return next(known, None) or RLMMagics(shell)


def unload(shell: InteractiveShell) -> None:
    """Take away what `load` registered."""
    magics = shell.magics_manager.registry.pop("RLMMagics", None)
    if magics is not None and magics.front_end is not None:
        magics.front_end.close()
        magics.front_end = None
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("rlm", None)
    if rewrite_cell in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(rewrite_cell)
    if complete_rlm in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(complete_rlm)
