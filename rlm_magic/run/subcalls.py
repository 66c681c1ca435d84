"""Sub-calls: `llm_query` and `llm_query_batched` as generated code sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rlm_magic.errors import NotRecordedError
from rlm_magic.models.images import Image, content, read_images
from rlm_magic.models.parameters import check_parameters
from rlm_magic.redaction import key_hider
from rlm_magic.run.arguments import check_prompts, check_question, read_images_of
from rlm_magic.run.batch import Batch, Request
from rlm_magic.run.spending import Spending
from rlm_magic.run.tree import RunTree
from rlm_magic.workspace.execution.bridge import can_wait

__all__ = ["SubCalls"]

Images = tuple[Image, ...]


class SubCalls:
    """The plain sub-calls of one run; `step` tells at which step of it the code is."""

    def __init__(
        self, tree: RunTree, run: str, step: Callable[[], int], spending: Spending
    ) -> None:
        self._tree = tree
        self._run = run
        self._step = step
        self._spending = spending

    def llm_query(
        self, prompt: str, *, model: str | None = None, images: Any = None, **parameters: Any
    ) -> str:
        """Ask a sub-model and return its reply; a failed call returns a marked error text.

        `model` is a role or a name of the models of this run; `images` are shown with the prompt;
        `parameters` are those of the model, such as temperature and max_tokens. Raises TypeError or
        ValueError for wrong arguments, BudgetError before anything is sent.
        """
        check_question(prompt, "llm_query")
        shown = [read_images(images)]
        return self.send([prompt], shown, model=model, parameters=parameters)[0]

    def llm_query_batched(
        self,
        prompts: Iterable[str],
        *,
        model: str | None = None,
        images: Iterable[Any] | None = None,
        dedupe: bool = True,
        **parameters: Any,
    ) -> list[str]:
        """Ask a sub-model all `prompts` at once and return the replies in the same order.

        Equal prompts are asked once, unless `dedupe` is False; `images` holds those of each prompt.
        A failed call leaves a marked error text in its place. Raises TypeError or ValueError for
        wrong arguments, BudgetError, with nothing sent, if the budget can't cover them all, and
        ModelError where the model can't be asked at all.
        """
        listed = check_prompts(prompts, "llm_query_batched")
        shown = read_images_of(images, len(listed))
        return self.send(
            listed, shown, model=model, parameters=parameters, batch=True, dedupe=dedupe
        )

    def send(
        self,
        prompts: Sequence[str],
        images: Sequence[Images] | None = None,
        *,
        model: str | None = None,
        parameters: dict[str, Any] | None = None,
        batch: bool = False,
        dedupe: bool = True,
        at_limit: bool = False,
    ) -> list[str]:
        """Send checked `prompts` and wait for the replies."""
        tree = self._tree
        chosen = check_parameters(parameters or {})
        client = tree.models.client(model, chosen)
        if not prompts:
            return []
        requests, slots = _distinct(prompts, images, dedupe=dedupe)
        sending = Batch(
            tree,
            self._run,
            self._step(),
            client,
            requests,
            is_batch=batch,
            repeats=len(prompts) - len(requests),
            at_limit=at_limit,
            threaded=not can_wait(),
            parameters=chosen,
        )
        try:
            self._spending.confirm(sending)
            replies = tree.wait(sending.send())
        except NotRecordedError as error:
            tree.failure = error  # a replay that lacks a reply can't go on
            raise
        return [replies[slot] for slot in slots]


def _distinct(
    prompts: Sequence[str], images: Sequence[Images] | None, *, dedupe: bool
) -> tuple[list[Request], list[int]]:
    """Return the requests to make, and for each prompt which of them answers it."""
    hide = key_hider()
    requests: list[Request] = []
    slots: list[int] = []
    alike: dict[tuple[str, ...], list[int]] = {}
    for prompt, shown in zip(prompts, images or [()] * len(prompts), strict=True):
        same = alike.setdefault((prompt, *(image.url for image in shown)), [])
        if not same or not dedupe:
            same.append(len(requests))
            hidden = hide(prompt)
            messages = [{"role": "user", "content": content(hidden, shown)}]
            labels = tuple(image.label for image in shown)
            requests.append(Request(hidden, messages, labels, sample=len(same) - 1))
        slots.append(same[-1])
    return requests, slots
