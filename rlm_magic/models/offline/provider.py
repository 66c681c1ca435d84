"""Makes the offline model available to litellm as the custom provider `offline`."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from rlm_magic.models.offline.conversation import message_text
from rlm_magic.models.offline.reply import reply

__all__ = ["MODEL", "PROVIDER", "register"]

PROVIDER = "offline"
MODEL = "offline/demo"


def register(litellm_module: Any) -> None:
    """Add the provider to litellm's map, once; the providers of others stay."""
    providers = litellm_module.custom_provider_map
    if any(entry["provider"] == PROVIDER for entry in providers):
        return
    handler = _handler_class(litellm_module)()
    litellm_module.custom_provider_map = [
        *providers,
        {"provider": PROVIDER, "custom_handler": handler},
    ]


def _handler_class(litellm_module: Any) -> Any:
    """The handler as a class; made here because its base class is litellm's."""

    def check(model: str) -> None:
        name = f"{PROVIDER}/{model.removeprefix(f'{PROVIDER}/')}"
        if name != MODEL:
            raise litellm_module.BadRequestError(
                message=f"There is no {name}: the offline model is called {MODEL}.",
                model=name,
                llm_provider=PROVIDER,
            )

    class OfflineModel(litellm_module.CustomLLM):  # type: ignore[misc]
        """Answers completions by the rules; `stream=True` yields the reply line by line."""

        def completion(
            self, *, model: str, messages: Sequence[Mapping[str, Any]], **request: Any
        ) -> Any:
            check(model)
            return _fill(request["model_response"], messages, litellm_module.Usage)

        async def acompletion(self, **request: Any) -> Any:
            return self.completion(**request)

        def streaming(
            self, *, model: str, messages: Sequence[Mapping[str, Any]], **request: Any
        ) -> Iterator[dict[str, Any]]:
            check(model)
            text = reply(messages)
            for line in text.splitlines(keepends=True):
                yield _chunk(line)
            yield _chunk("", finish_reason="stop", usage=_usage(messages, text))

        async def astreaming(self, **request: Any) -> AsyncIterator[dict[str, Any]]:
            for chunk in self.streaming(**request):
                yield chunk

    return OfflineModel


def _fill(response: Any, messages: Sequence[Mapping[str, Any]], usage_type: Any) -> Any:
    text = reply(messages)
    choice = response.choices[0]
    choice.message.content = text
    choice.finish_reason = "stop"
    response.model = MODEL
    response.usage = usage_type(**_usage(messages, text))
    return response


def _usage(messages: Sequence[Mapping[str, Any]], text: str) -> dict[str, int]:
    """Token counts estimated as a quarter of the characters."""
    prompt = sum(len(message_text(message)) for message in messages) // 4
    completion = len(text) // 4
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _chunk(
    text: str, *, finish_reason: str = "", usage: dict[str, int] | None = None
) -> dict[str, Any]:
    return {
        "text": text,
        "is_finished": bool(finish_reason),
        "finish_reason": finish_reason,
        "index": 0,
        "tool_use": None,
        "usage": usage,
    }
