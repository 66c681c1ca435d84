"""A model that answers at once, inside of the process, so that what remains is ours and litellm's.

It is a custom provider of litellm, so all of the engine and all of litellm that a real call passes
through is passed through, but no network. A process can use it once `instant_model` was called.
"""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import litellm
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import Usage

__all__ = ["InstantModel", "instant_model"]

Messages = list[dict[str, str]]


class InstantModel(CustomLLM):
    """Answers with `reply(messages)`; `seconds` is the time that it took itself, call by call."""

    def __init__(self, reply: Callable[[Messages], str]) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._reply = reply

    async def acompletion(self, *args: Any, **request: Any) -> Any:
        """Fill in the response that litellm hands over."""
        started = time.perf_counter()
        response = request["model_response"]
        response.choices[0].message.content = self._reply(request["messages"])
        response.usage = Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2)
        self.seconds.append(time.perf_counter() - started)
        return response

    async def astreaming(  # type: ignore[override]
        self, *args: Any, **request: Any
    ) -> AsyncIterator[Any]:
        """Give the reply as one piece."""
        piece = {"index": 0, "tool_use": None, "usage": None, "is_finished": False}
        yield piece | {"text": self._reply(request["messages"]), "finish_reason": ""}
        yield piece | {"text": "", "is_finished": True, "finish_reason": "stop"}


def instant_model(reply: Callable[[Messages], str]) -> InstantModel:
    """Register the model in this process as `instant/model`, with its replies."""
    handler = InstantModel(reply)
    litellm.custom_provider_map = [{"provider": "instant", "custom_handler": handler}]
    return handler
