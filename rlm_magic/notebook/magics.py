"""`%%rlm` asks a question about the notebook's variables; `%rlm` says what is in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import magic_arguments
from traitlets import Bool, Dict, Enum, Float, Int, Unicode

from rlm_magic.notebook.options import OPTIONS, choose_names, parse_options
from rlm_magic.notebook.settings_comm import SettingsComm, open_settings
from rlm_magic.settings import OFFLINE_MODEL, Budget, default_model

if TYPE_CHECKING:
    from rlm_magic.run.result import Result
    from rlm_magic.trace.usage import Usage

__all__ = ["RLMMagics"]

F = TypeVar("F", bound=Callable[..., Any])


def _with_options(method: F) -> F:
    for option in reversed(OPTIONS):
        method = option(method)
    return magic_arguments("%rlm")(method)  # type: ignore[no-any-return]


@magics_class
class RLMMagics(Magics):
    """Defaults of `%%rlm`: set them with `%config RLMMagics.NAME = value` or in a config file."""

    model = Unicode("", help="Root model, as litellm names it; empty: RLM_MODEL, else the "
                    "offline model.").tag(config=True)  # fmt: skip
    sub_model = Unicode("", help="Model for sub-calls; empty: the root model.").tag(config=True)
    api_base = Unicode("", help="Address of the models' server.").tag(config=True)
    model_options = Dict(help="Options of every model call, such as temperature.").tag(config=True)
    approve = Enum(
        ("always", "risky", "never"), "always", help="Ask before code runs: always, risky or never."
    ).tag(config=True)
    usd = Float(None, allow_none=True, help="Budget of a run in US dollars.").tag(config=True)
    tokens = Int(None, allow_none=True, help="Budget of a run in tokens.").tag(config=True)
    calls = Int(None, allow_none=True, help="Budget of a run in model calls.").tag(config=True)
    seconds = Float(None, allow_none=True, help="Budget of a run in seconds.").tag(config=True)
    depth = Int(1, help="Levels of runs; with 2, rlm_query starts child runs.").tag(config=True)
    steps = Int(30, help="Most steps of a run.").tag(config=True)
    concurrency = Int(64, help="Model calls in flight.").tag(config=True)
    timeout = Float(600.0, help="Seconds for one model call.").tag(config=True)
    keep = Enum(("answer", "all", "none"), "answer",
                help="Names bound by the code that stay.").tag(config=True)  # fmt: skip
    trace = Unicode("", help="File or folder for traces; empty: RLM_TRACE_DIR, else a folder of "
                    "your user data.").tag(config=True)  # fmt: skip

    panel = Bool(True, help="Show runs in a panel; else as text.").tag(config=True)
    record_bytes = Int(256_000, help="Most bytes that a run takes in the saved notebook.").tag(
        config=True
    )

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.runs = 0
        self.spent: dict[str, Usage] = {}
        self.front_end: SettingsComm | None = None
        self._told_of_offline_model = False
        self._running = False

    @no_var_expand
    @_with_options
    @line_cell_magic
    def rlm(self, line: str, cell: str | None = None) -> None:
        """Ask a question about the notebook's variables.

        Write the question under `%%rlm`. A root model gets it with a description of your variables
        and answers by writing code, which runs here, in your namespace. `_rlm` is the last result.
        `%rlm` shows what is in force and what was spent, `%rlm help` the commands.
        """
        if cell is None:
            from rlm_magic.notebook.commands import run_command

            run_command(self, line)
            return
        from rlm_magic.run.here import run_here

        # Nothing arrives while this blocks, so it doesn't wait for the front end's settings.
        run_here(self._run(line, cell))

    async def run(self, line: str, cell: str) -> None:
        """Run a `%%rlm` cell: the options behind it, and the question under it."""
        if self.front_end is None:  # no front end was there when the extension was loaded
            self.front_end = open_settings(self.shell, self)
        if self.front_end is not None:
            await self.front_end.settle()
        await self._run(line, cell)

    async def _run(self, line: str, cell: str) -> None:
        # The engine is imported here: loading the extension has to be quick.
        from rlm_magic.notebook.cell import run_cell

        options = parse_options(type(self).rlm, line)
        if not cell.strip():
            raise UsageError("The cell is empty: write your question under %%rlm.")
        if self._running:
            raise UsageError("A run is in progress: within its code, call rlm_query(question).")
        if options["context"]:
            choose_names(options["context"], self.shell.user_ns)
        if self.front_end is not None:
            for problem in self.front_end.take_problems():
                print(problem)
        self._running = True
        try:
            await run_cell(self, options, cell)
        finally:
            self._running = False

    def settings(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what `RLM` takes: the defaults, with the cell's `options` over them."""

        def chosen(name: str) -> Any:
            given = options.get(name)
            return getattr(self, name) if given is None else given

        keep = chosen("keep")
        return {
            "model": chosen("model") or default_model(),
            "sub_model": chosen("sub_model") or None,
            "api_base": chosen("api_base") or None,
            "approve": chosen("approve"),
            "budget": Budget(chosen("usd"), chosen("tokens"), chosen("calls"), chosen("seconds")),
            "max_depth": chosen("depth"),
            "max_steps": chosen("steps"),
            "concurrency": self.concurrency,
            "timeout": self.timeout,
            "keep": "none" if options.get("output") and keep == "answer" else keep,
            "trace": chosen("trace") or None,
            "model_options": self.model_options,
        }

    def must_tell_of_offline_model(self, options: dict[str, Any]) -> bool:
        """Whether, for the first time, the offline model answers only as nobody chose a model."""
        chosen = options["model"] or self.model or default_model() != OFFLINE_MODEL
        told, self._told_of_offline_model = self._told_of_offline_model, not chosen
        return not chosen and not told

    def remember(self, result: Result) -> None:
        """Keep a result as `_rlm`, and what it spent for `%rlm`."""
        from rlm_magic.trace.usage import Usage, usage_by_model

        self.runs += 1
        for model, usage in usage_by_model(result.events).items():
            self.spent[model] = self.spent.get(model, Usage()) + usage
        self.shell.user_ns["_rlm"] = result
