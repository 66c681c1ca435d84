"""One model behind one face: messages in, a reply out, with its tokens and its price.

`Client.complete` runs on the I/O thread only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from rlm_magic.errors import ModelError
from rlm_magic.models.cost import Cost
from rlm_magic.models.faults import explain
from rlm_magic.models.lanes import full
from rlm_magic.models.lanes.light import LightLane
from rlm_magic.models.output import default_output_limit
from rlm_magic.models.prices import Prices, Rates, estimate, rates_of, worst_case
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.scheduling.pace import Pace
from rlm_magic.models.scheduling.scheduler import pace_of
from rlm_magic.models.spec import Completion, Message, ModelSpec, Reply
from rlm_magic.models.window import check_window

__all__ = ["Client"]


class Client:
    """Calls one model. `bounded` sends a limit on the output, so that a worst case exists.

    `prices` are the person's own, by model; the others are litellm's.
    """

    def __init__(
        self, spec: ModelSpec, *, bounded: bool = False, prices: Prices | None = None
    ) -> None:
        self.spec = spec
        self._bounded = bounded
        self._prices = prices or {}
        self._lane: asyncio.Task[LightLane | None] | None = None
        self._is_in_use = False

    @cached_property
    def rates(self) -> Rates | None:
        """The model's prices; None where they are unknown."""
        return rates_of(self.spec.name, self._prices)

    @cached_property
    def pace(self) -> Pace:
        """How many requests the model takes at once."""
        return pace_of(self.spec.name, self.spec.api_base)

    def with_parameters(self, parameters: Mapping[str, Any]) -> Client:
        """Return a client of the same model that sends `parameters`, too."""
        spec = self.spec.with_parameters(parameters)
        return Client(spec, bounded=self._bounded, prices=self._prices)

    def worst_case(self, messages: Sequence[Message], *, bounded: bool = False) -> Cost:
        """Return the most that a request can take from a budget.

        Where nothing bounds tokens and dollars (and not `bounded`), only the request counts.
        """
        if not (self._bounded or bounded):
            return Cost(1, 0, 0.0)
        limit, spec = self._chosen_limit or self._default_limit, self.spec
        return worst_case(messages, limit, self.rates, model=spec.name, params=spec.params)

    def estimate(self, requests: Iterable[Sequence[Message]]) -> tuple[int, float | None]:
        """Return about how many tokens and US dollars (None: unknown) `requests` take."""
        contents = (message["content"] for messages in requests for message in messages)
        return estimate(contents, self._chosen_limit, self.rates)

    def accepts(self, stored: Reply) -> bool:
        """Whether a stored reply will do: one that was cut off won't where no limit is set now."""
        return not stored.cut_off or self._bounded or self._chosen_limit is not None

    async def check(self, messages: Sequence[Message]) -> None:
        """Raise ModelError where the model can't read all of `messages`; nothing is sent."""
        await check_window(self.spec, messages)

    @cached_property
    def _chosen_limit(self) -> int | None:
        """The tokens that a reply may have; of two limits litellm decides which one is sent."""
        limits = (self.spec.params.get(name) for name in ("max_tokens", "max_completion_tokens"))
        return max(filter(None, limits), default=None)

    @cached_property
    def _default_limit(self) -> int:
        return default_output_limit(self.spec.name, self.spec.params)

    @cached_property
    def _options(self) -> dict[str, Any]:
        """What litellm is told besides the messages."""
        if self._chosen_limit or not self._bounded:
            return dict(self.spec.params)
        return {**self.spec.params, "max_tokens": self._default_limit}

    async def complete(
        self, messages: Sequence[Message], on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """Send one request; with `on_text` the reply is streamed and each piece handed over.

        Raises ModelError, one sentence that says what to set or check.
        """
        load_litellm()  # takes seconds, the first time, that are not the model's
        started = time.monotonic()
        try:
            # litellm's timeout is one for each read, so a stream could take for ever.
            async with asyncio.timeout(self.spec.timeout):
                reply = await self._reply(messages, on_text)
        except ModelError as error:
            if error.fault == "bad_key":
                self._lane = None  # the person may set another one
            raise
        except Exception as error:
            raise explain(error, self.spec) from None
        usd = self.rates.price(reply.tokens) if self.rates and reply.tokens else None
        return Completion(reply, usd, time.monotonic() - started)

    async def _reply(
        self, messages: Sequence[Message], on_text: Callable[[str], None] | None
    ) -> Reply:
        match messages:
            case [{"role": "user", "content": str(prompt)}] if on_text is None:
                # To open the lane takes longer than the one call that many clients make.
                if self._is_in_use:
                    lane = await self._light_lane()
                    if lane is not None:
                        return await lane.complete(prompt)
                self._is_in_use = True
        return await full.complete(self.spec, messages, self._options, on_text)

    async def _light_lane(self) -> LightLane | None:
        if self._lane is None:
            self._lane = asyncio.create_task(LightLane.open(self.spec, self._options))
        if self._lane.done():
            return self._lane.result()
        # Others wait for it, too: who is cancelled meanwhile doesn't cancel it.
        return await asyncio.shield(self._lane)
