"""`RLM`: a root model, its sub-model and its limits, ready to answer questions about data."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from rlm_magic.approval.decisions import Approver
from rlm_magic.approval.policy import ApprovalMode, Policy
from rlm_magic.approval.terminal import terminal_approver
from rlm_magic.errors import ConfigurationError, RunInterrupted
from rlm_magic.events import Event, Notice
from rlm_magic.models.caching import Cache
from rlm_magic.models.ledger import Ledger
from rlm_magic.models.parameters import check_options
from rlm_magic.models.prices import Prices, check_prices
from rlm_magic.models.retrying import RetryPolicy
from rlm_magic.models.roles import read_roles, sub_model_of
from rlm_magic.models.spec import ModelSpec
from rlm_magic.models.store.store import Store
from rlm_magic.run.here import run_here
from rlm_magic.run.loop import Run
from rlm_magic.run.models import Models
from rlm_magic.run.query import Query, read_query
from rlm_magic.run.result import Result
from rlm_magic.run.tree import RunTree
from rlm_magic.settings import (
    MOST_CONCURRENT,
    Budget,
    CacheMode,
    Keep,
    Limits,
    Thresholds,
    check_cache,
    check_count,
    check_keep,
    check_number,
    default_model,
)
from rlm_magic.trace.recorder import Recorder, open_trace
from rlm_magic.workspace.execution.host import Host, PlainHost
from rlm_magic.workspace.execution.interrupt import catch_sigint
from rlm_magic.workspace.namespace import Workspace, fresh_namespace

__all__ = ["RLM"]


class RLM:
    """Answers questions about data that is too large for a prompt (arXiv 2512.24601).

    The root model `model` reads the question and a description of the variables (names, types,
    sizes, short previews), and writes code that looks at them; the code may call `sub_model`
    (default: the same). Models are named as litellm names them; without `model` it is RLM_MODEL of
    the environment, else the offline model. `api_base` and `api_key` are those of the root model,
    and of a sub-model of the same provider (what stands before the "/" of both names); without them
    litellm reads the provider's environment variables. `model_options` go to every call
    (`temperature`, …). `models` offers the code further models by role, each a name or a mapping
    with `model`, `about` (what it is good for) and options.

    `max_depth`, `max_steps`, `max_errors` (consecutive failed steps), `max_seconds` and
    `max_output` (characters of output a step) are the `Limits`; when one runs out, the root model
    is asked once more for its best answer. `budget` is a hard bound, and `session` a ledger that
    several runs draw on. `prices` are US dollars a million tokens of `input`, `output`, `cached`
    and `cache_write`, by model; for others litellm's table holds. A batch is asked about when more
    than `confirm_usd` dollars are expected or it has more than `confirm_calls` calls.

    `timeout` is seconds for one request, `concurrency` the number of requests in flight, of all
    runs together. A request that failed is sent again up to `retries` times, after rate limits
    without counting, until its call is `deadline` seconds old; with 0 `retries` never. A sub-call
    that takes `hedge` times (above 1) the median of its batch is asked a second time. `cache` is
    "off", "on" (the store answers what was asked before), "refresh" (all is asked anew and kept) or
    "replay" (no model is asked); `store` is its file, by default RLM_STORE of the environment, else
    one with the person's data.

    `approve` is "always", "risky", "never", or a function from `Proposal` to a decision; `on_event`
    gets every event in order, on whichever thread it happens, and must be quick. `trace` is a file
    or folder for the trace; an earlier trace in the file is replaced. `keep` says which names that
    the code bound stay in the namespace: "answer" (the variable that holds it, where the name was
    free), "all" or "none". With `stream`, root replies arrive piece by piece as events. A face of
    the package, such as the notebook, says through `host` where code runs and through `ask` how a
    person is asked.

    Raises ConfigurationError for a value that can't be used.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        sub_model: str | None = None,
        api_base: str | None = None,
        api_key: str | None = None,
        max_depth: int = 1,
        max_steps: int = 30,
        max_errors: int = 5,
        max_seconds: float | None = None,
        max_output: int = 10_000,
        budget: Budget | None = None,
        approve: ApprovalMode | Approver = "never",
        concurrency: int = 64,
        timeout: float = 600,
        deadline: float = 1200,
        retries: int = 5,
        hedge: float | None = None,
        models: Mapping[str, str | Mapping[str, Any]] | None = None,
        prices: Prices | None = None,
        cache: CacheMode = "off",
        store: str | os.PathLike[str] | Store | None = None,
        confirm_usd: float | None = None,
        confirm_calls: int | None = None,
        session: Ledger | None = None,
        on_event: Callable[[Event], None] | None = None,
        trace: str | os.PathLike[str] | None = None,
        keep: Keep = "answer",
        stream: bool = False,
        model_options: Mapping[str, Any] | None = None,
        host: Host | None = None,
        ask: Approver | None = None,
    ) -> None:
        self.limits = Limits(max_depth, max_steps, max_errors, max_seconds, max_output)
        if not isinstance(budget, Budget | None):
            raise ConfigurationError(f"budget must be a Budget(…), not {budget!r}.")
        self.budget = budget or Budget()
        self.approve = approve
        check_number("concurrency", concurrency, whole=True, most=MOST_CONCURRENT)
        self.concurrency = concurrency
        self.trace = trace
        self.keep = check_keep(keep)
        self.stream = stream
        self._on_event = on_event
        self._host = host or PlainHost()
        self._ask = ask or terminal_approver()
        self._thresholds = Thresholds(confirm_usd, confirm_calls)
        self._session = session
        self.prices = check_prices(prices or {})
        self.cache = check_cache(cache)
        self._store = store
        if hedge is not None:
            check_number("hedge", hedge, whole=False, above=1)
        self.hedge = hedge
        check_number("deadline", deadline, whole=False)
        check_count("retries", retries)
        self._retry_policy = RetryPolicy(retries, deadline)
        check_number("timeout", timeout, whole=False)
        self._root = ModelSpec(
            model or default_model(),
            api_base,
            api_key,
            timeout,
            check_options(model_options or {}, "model_options"),
        )
        self._sub = sub_model_of(self._root, sub_model)
        self._roles = read_roles(models, self._root, self._sub)
        self._policy()
        self._running: set[RunTree] = set()

    @property
    def model(self) -> str:
        """The root model's name."""
        return self._root.name

    @property
    def sub_model(self) -> str:
        """The sub-model's name."""
        return self._sub.name

    def __repr__(self) -> str:
        return f"RLM({self.model!r}, sub_model={self.sub_model!r})"

    def completion(
        self, query: Query, context: Any = None, *, namespace: dict[str, Any] | None = None
    ) -> Result:
        """Answer `query`, a text or a list of chat messages, and return when the run has ended.

        The code finds `context` under that name; it runs in `namespace`, the person's own mapping,
        or in a fresh one. Works in a script, in a thread, and inside of a running event loop.

        Raises ConfigurationError for a query or option that can't be used, RunInterrupted (a
        KeyboardInterrupt that holds the result) on Ctrl+C. Every other end is a `Result`.
        """
        result = run_here(self.acompletion(query, context, namespace=namespace))
        if result.status == "interrupted":
            raise RunInterrupted(result)
        return result

    async def acompletion(
        self,
        query: Query,
        context: Any = None,
        *,
        namespace: dict[str, Any] | None = None,
        described: Collection[str] | None = None,
    ) -> Result:
        """Answer `query` as `completion` does; code runs on the thread of the event loop.

        `described` limits the description to these names of `namespace`. An interrupt ends in a
        `Result` too: KeyboardInterrupt in a task would end the event loop.
        """
        question, chat = read_query(query)
        if chat is not None and context is not None:
            raise ConfigurationError(
                "Messages become the context themselves: give a text as the question to add one."
            )
        if not isinstance(namespace, dict | None):
            raise ConfigurationError(
                f"namespace must be a dict, as globals() is, not {type(namespace).__name__}."
            )
        context = chat if chat is not None else context
        workspace = Workspace(
            fresh_namespace() if namespace is None else namespace,
            host=self._host,
            described=described,
            keep=self.keep,
            max_output=self.limits.max_output,
        )
        workspace.check_free()
        if context is None and namespace is not None:
            context = workspace.variables(described)
        recorder = Recorder([self._on_event] if self._on_event else [])
        tree = self._tree(recorder)
        run = Run(
            tree,
            workspace,
            question,
            client=tree.models.root,
            context={} if context is None else {"context": context},
        )
        recorder.open(open_trace(self.trace, run.id))
        self._running.add(tree)
        try:
            with catch_sigint(tree.interrupt), tree.deadline():
                outcome = await run.execute()
        finally:
            self._running.discard(tree)
            recorder.close()
        return Result(
            answer=outcome.answer,
            text=outcome.text or "",
            status=outcome.status,
            error=outcome.error,
            events=tuple(recorder.events),
            trace=recorder.trace,
        )

    def stop(self) -> None:
        """End the runs in progress, from any thread; their results have the status "stopped"."""
        for tree in tuple(self._running):
            tree.interrupt.set("stopped")

    def _policy(self) -> Policy:
        return Policy(self.approve, self._ask)

    def _opened_store(self) -> Store | None:
        """Return the store of replies, where one is used; raise ConfigurationError."""
        match self._store:
            case _ if self.cache == "off":
                return None
            case Store() | None as store:
                return store or Store.open()
            case path:
                return Store.open(Path(path))

    def _tree(self, recorder: Recorder) -> RunTree:
        def notice(text: str) -> None:
            recorder.emit(Notice(run=recorder.events[0].run, text=text))

        ledger = Ledger(self.budget, self._session)
        bounded = ledger.needs_worst_cases
        return RunTree(
            recorder=recorder,
            ledger=ledger,
            limits=self.limits,
            policy=self._policy(),
            models=Models(self._root, self._sub, self._roles, bounded=bounded, prices=self.prices),
            cache=Cache(self.cache, self._opened_store(), notice),
            retry_policy=self._retry_policy,
            concurrency=self.concurrency,
            confirm=self._thresholds,
            hedge=self.hedge,
            stream=self.stream,
            host=self._host,
        )
