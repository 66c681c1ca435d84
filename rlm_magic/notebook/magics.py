"""`%%rlm` asks a question about the notebook's variables; `%rlm` says what is in force."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import magic_arguments
from traitlets import Bool, Dict, Enum, Float, Int, Unicode

from rlm_magic.models.ledger import Ledger
from rlm_magic.notebook.options import OPTIONS, choose_names, parse_options
from rlm_magic.notebook.settings_comm import SettingsComm, open_settings
from rlm_magic.settings import OFFLINE_MODEL, Budget, CacheMode, check_number, default_model

if TYPE_CHECKING:
    from rlm_magic.models.store.store import Store
    from rlm_magic.notebook.spent import Spent
    from rlm_magic.run.result import Result

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
    session_usd = Float(None, allow_none=True, help="Budget of all runs of this kernel together, "
                        "in US dollars.").tag(config=True)  # fmt: skip
    confirm_usd = Float(1.0, allow_none=True, help="Ask before a batch of calls that is expected "
                        "to cost more US dollars.").tag(config=True)  # fmt: skip
    confirm_calls = Int(1000, allow_none=True, help="Ask before a batch of more calls.").tag(
        config=True
    )
    prices = Dict(help="US dollars a million tokens, by model: {'openai/my-model': {'input': 0.15, "
                  "'output': 0.6}}, with 'cached' and 'cache_write' where they differ from "
                  "'input'.").tag(config=True)  # fmt: skip
    models = Dict(help="More models by role, which the code may call: {'cheap': 'openai/x', "
                  "'vision': {'model': 'openai/y', 'about': 'reads images'}}.").tag(
        config=True
    )  # fmt: skip
    depth = Int(1, help="Levels of runs; with 2, rlm_query starts child runs.").tag(config=True)
    steps = Int(30, help="Most steps of a run.").tag(config=True)
    concurrency = Int(64, help="Model calls in flight, at most 512.").tag(config=True)
    timeout = Float(600.0, help="Seconds for one request to a model.").tag(config=True)
    retries = Int(5, help="How often a request of one call is sent again after a fault.").tag(
        config=True
    )
    deadline = Float(1200.0, help="Seconds for one model call with all its requests.").tag(
        config=True
    )
    hedge = Float(None, allow_none=True, help="Ask a sub-call again that takes this many times "
                  "the median of its batch.").tag(config=True)  # fmt: skip
    cache = Enum(get_args(CacheMode), "off", help="Use of the store of replies: off, on, refresh "
                 "or replay.").tag(config=True)  # fmt: skip
    store = Unicode(
        "", help="File of the store; empty: RLM_STORE, else one in your user data."
    ).tag(config=True)
    store_bytes = Int(1_000_000_000, help="Most bytes of the store.").tag(config=True)
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
        self.session = Ledger(Budget(), None, "session budget", "%config RLMMagics.session_usd")
        self.store_keys: set[str] = set()
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
        if self.session_usd is not None:
            check_number("session_usd", self.session_usd, whole=False)
        self.session.budget = Budget(usd=self.session_usd)
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
            "deadline": self.deadline,
            "retries": chosen("retries"),
            "hedge": chosen("hedge"),
            "models": self.models,
            "prices": self.prices,
            "cache": chosen("cache"),
            "store": None if chosen("cache") == "off" else self.open_store(),
            "confirm_usd": self.confirm_usd,
            "confirm_calls": self.confirm_calls,
            "session": self.session,
            "keep": "none" if options.get("output") and keep == "answer" else keep,
            "trace": chosen("trace") or None,
            "model_options": self.model_options,
        }

    @cached_property
    def spent(self) -> Spent:
        """What the runs of this kernel spent."""
        # Imported here: loading the extension has to be quick.
        from rlm_magic.notebook.spent import Spent

        return Spent()

    def open_store(self) -> Store:
        """Return the store of replies; raise ConfigurationError if it can't be used."""
        from rlm_magic.models.store.store import Store
        from rlm_magic.notebook.store_commands import store_beside

        check_number("store_bytes", self.store_bytes, whole=True)
        return Store.open(
            Path(self.store) if self.store else None,
            longest_bytes=self.store_bytes,
            beside=store_beside(self.shell.user_ns),
        )

    def must_tell_of_offline_model(self, options: dict[str, Any]) -> bool:
        """Whether, for the first time, the offline model answers only as nobody chose a model."""
        chosen = options["model"] or self.model or default_model() != OFFLINE_MODEL
        told, self._told_of_offline_model = self._told_of_offline_model, not chosen
        return not chosen and not told

    def remember(self, result: Result) -> None:
        """Keep a result as `_rlm`, and what it spent for `%rlm`."""
        from rlm_magic.events import RootReplied, SubCallFinished

        self.spent.add(result)
        replies = [it for it in result.events if isinstance(it, RootReplied | SubCallFinished)]
        self.store_keys.update(it.key for it in replies if it.key)
        self.shell.user_ns["_rlm"] = result
