"""The light lane: the request that litellm would make, sent without litellm.

It takes a twentieth of the time of litellm's own call. What it does not know goes the full lane.
"""

from __future__ import annotations

import io
import json
import os
import urllib.request
from collections.abc import Mapping
from typing import Any, Self

from rlm_magic.models.faults import BadReply, explain, explain_body, explain_status
from rlm_magic.models.lanes import full
from rlm_magic.models.lanes.connection import session
from rlm_magic.models.lanes.template import Template, take_template
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.spec import ModelSpec, Reply

__all__ = ["LightLane"]

# Over HTTP, with a key that stays as it is and that no request is signed with.
_PROVIDERS = frozenset(
    """
    ai21_chat anthropic azure baseten cerebras custom_openai dashscope deepinfra deepseek
    docker_model_runner featherless_ai fireworks_ai friendliai gemini github groq hosted_vllm
    hyperbolic inception lambda_ai litellm_proxy llamafile lm_studio meta_llama minimax mistral
    moonshot nebius novita nscale nvidia_nim openai openrouter perplexity sambanova together_ai
    vercel_ai_gateway volcengine xai xinference zai
    """.split()
)

# Those that shape the request and nothing else.
_OPTIONS = frozenset(
    """
    allowed_openai_params api_version drop_params extra_body extra_headers frequency_penalty headers
    logit_bias max_completion_tokens max_retries max_tokens num_retries organization
    presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format
    safety_identifier seed service_tier stop store temperature thinking top_k top_p user verbosity
    """.split()
)

# What a person can set in litellm and the light lane would pass by.
_SETTINGS = """
    callbacks input_callback success_callback failure_callback service_callback
    _async_input_callback _async_success_callback _async_failure_callback
    pre_call_rules post_call_rules cache max_budget num_retries
    fallbacks default_fallbacks model_fallbacks context_window_fallbacks content_policy_fallbacks
    client_session aclient_session proxy_auth network_mock force_ipv4 ssl_certificate
    disable_aiohttp_transport disable_aiohttp_trust_env aiohttp_trust_env
""".split()
_UNSET: tuple[object, ...] = (
    None,
    False,
    0,
    [],
    ["cache"],
)  # litellm calls itself back for a cache that isn't there
_VARIABLES = """
    SSL_CERTIFICATE DISABLE_AIOHTTP_TRANSPORT DISABLE_AIOHTTP_TRUST_ENV AIOHTTP_TRUST_ENV
    LITELLM_HTTP2
""".split()

_AZURE_KEYS = ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY")

_LARGE = 1 << 20  # bytes; aiohttp wants a larger body as a file


class LightLane:
    """Asks one model with one set of options; made by `open`, used on the I/O thread."""

    __slots__ = ("_options", "_route", "_spec", "_template")

    def __init__(
        self, spec: ModelSpec, options: Mapping[str, Any], template: Template, **route: Any
    ) -> None:
        self._spec = spec
        self._options = options
        self._template = template
        self._route = route

    @classmethod
    async def open(cls, spec: ModelSpec, options: Mapping[str, Any]) -> Self | None:
        """Return the lane of a model, None where only the full lane will do.

        `options` go to litellm, over those of `spec`. Nothing is sent.
        """
        litellm = load_litellm()
        if (
            not _OPTIONS.issuperset([*spec.params, *options])
            or any(getattr(litellm, name, None) not in _UNSET for name in _SETTINGS)
            or any(os.environ.get(name) for name in _VARIABLES)
            or _provider(spec, litellm) not in _PROVIDERS
        ):
            return None
        template = await take_template(spec, options)
        if template is None:
            return None
        from litellm.llms.custom_httpx.http_handler import get_ssl_configuration
        from multidict import CIMultiDict
        from yarl import URL

        url = URL(template.url, encoded=True)
        return cls(
            spec,
            options,
            template,
            url=url,
            headers=CIMultiDict(template.headers),
            ssl=get_ssl_configuration(),
            proxy=_proxy(url),
        )

    async def complete(self, prompt: str) -> Reply:
        """Send one request with `prompt` as the only message; it is not bounded in time.

        Raises ModelError.
        """
        if not prompt or prompt.isspace():  # litellm puts other texts in the place of such
            message = {"role": "user", "content": prompt}
            return await full.complete(self._spec, [message], self._options)
        data: Any = self._template.body(prompt)
        if len(data) > _LARGE:
            data = io.BytesIO(data)
        try:
            async with session().post(data=data, **self._route) as response:
                body = await response.read()
        except Exception as error:
            raise explain(error, self._spec) from None
        if response.status >= 300:
            raise explain_status(response.status, body, response.headers, self._spec)
        return self._read(body)

    def _read(self, body: bytes) -> Reply:
        try:
            parsed = json.loads(body)
            failure = explain_body(parsed, self._spec)
            if failure is None:
                return self._template.read(parsed)
        except BadReply as problem:
            failure = explain(problem, self._spec)
        except (ValueError, LookupError, TypeError, AttributeError):
            failure = explain(BadReply("malformed"), self._spec)
        raise failure


def _provider(spec: ModelSpec, litellm: Any) -> str:
    provider, slash, _ = spec.name.partition("/")
    if provider == "azure" and not (spec.api_key or any(map(os.environ.get, _AZURE_KEYS))):
        return ""  # it signs in
    if slash:
        return provider  # litellm's look-up would sign in at some of the others
    try:
        return str(litellm.get_llm_provider(spec.name, api_base=spec.api_base)[1])
    except Exception:
        return ""


def _proxy(url: Any) -> str | None:
    """The proxy that the environment names for `url`, as litellm reads it."""
    if urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
