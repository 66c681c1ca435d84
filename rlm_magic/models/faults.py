"""What went wrong with a model call: its fault, and a sentence that says what to set or check.

Both lanes speak through it: the same answer of a server makes the same `ModelError`.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rlm_magic.errors import Fault, ModelError
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.retry_after import retry_after
from rlm_magic.models.sentences import (
    NO_KEY,
    failed,
    message_in,
    one_sentence,
    sentence_of,
    untrusted,
)

if TYPE_CHECKING:
    from rlm_magic.models.spec import ModelSpec

__all__ = ["BadReply", "explain", "explain_body", "explain_status"]

_WRONG_KEY = re.compile(
    r"api[ _]key (not valid|is invalid|expired)|invalid api[ _]key|API_KEY_INVALID"
    r"|no_db_connection",  # a litellm proxy without a database knows no key but its own
    re.I,
)
_NO_MONEY = re.compile(
    r"insufficient[_ ](quota|balance|funds|credit)|credit balance|out of credits|not enough credits"
    r"|exceeded your current quota|billing[_ ](hard[_ ])?limit",
    re.I,
)
_TOO_LONG = re.compile(
    r"context[_ ](length|window)|maximum context|maximum number of tokens|too many (input )?tokens"
    r"|(prompt|input|request) (is )?too (long|large)|reduce the length|exceeds .*token",
    re.I,
)
_AGAINST_POLICY = re.compile(
    r"content[_ ](management )?(policy|filter)|content[_ ]policy[_ ]violation|safety system"
    r"|(was|were|been) flagged",
    re.I,
)


class BadReply(Exception):
    """A reply that can't be read, or without an answer in it; `fault` says which."""

    def __init__(self, fault: Fault) -> None:
        super().__init__("it withheld its reply")
        self.fault = fault


def explain(error: Exception, spec: ModelSpec) -> ModelError:
    """Return the ModelError that tells a person what to do about an exception of a call."""
    if isinstance(error, ModelError):
        return error
    import httpx

    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, httpx.HTTPStatusError) and one.response.is_closed:
            answer = one.response
            try:
                return explain_status(answer.status_code, answer.content, answer.headers, spec)
            except httpx.ResponseNotRead:
                continue
        if type(one) is Exception and hasattr(one, "status_code"):  # litellm's for a body's "error"
            body = {"error": {"message": str(vars(one).get("message")), "code": one.status_code}}
            return explain_body(body, spec) or _told("malformed", "", spec)
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return ModelError(untrusted(spec), "connection")
    said = one_sentence(str(error) or type(error).__name__, spec)
    return _told(_fault_of(error, chain, said, spec), said, spec)


def explain_status(
    status: int, body: bytes, headers: Mapping[str, str], spec: ModelSpec
) -> ModelError:
    """Return the ModelError for an answer with an HTTP status that is no success."""
    text = body.decode("utf-8", "replace")
    try:
        said = message_in(json.loads(text))
    except ValueError:
        said = None if text.lstrip().startswith("<") else text
    wait = retry_after({name.lower(): value for name, value in headers.items()}, text)
    fault = _fault_of_status(status, text, wait)
    return _told(fault, one_sentence(said or f"HTTP status {status}", spec), spec, wait)


def explain_body(body: Any, spec: ModelSpec) -> ModelError | None:
    """Return the ModelError for an error that a server sent as a success, None if it isn't one."""
    error = body.get("error") if isinstance(body, dict) else None
    if not error or (isinstance(error, dict) and not error.get("message") and "code" not in error):
        return None
    code = error.get("code") if isinstance(error, dict) else None
    if type(code) is int and 400 <= code < 600 and code != 422:
        return explain_status(code, json.dumps(body).encode(), {}, spec)
    said = one_sentence(message_in(body) or "an error without a message", spec)
    return ModelError(failed(said, spec), "malformed")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it was raised from, the first cause last."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _fault_of(error: Exception, chain: list[BaseException], said: str, spec: ModelSpec) -> Fault:
    litellm = load_litellm()
    if isinstance(error, BadReply):
        return error.fault
    if isinstance(error, TimeoutError | litellm.Timeout):
        return "timeout"
    for cause in reversed(chain):
        if fault := _fault_of_transport(cause):
            return fault
    match error:
        case litellm.AuthenticationError() | litellm.PermissionDeniedError():
            return "bad_key"
        case litellm.ContextWindowExceededError():
            return "too_long"
        case litellm.ContentPolicyViolationError():
            return "refused"
        case litellm.NotFoundError():
            return "not_found"
        case litellm.RateLimitError():
            return "rate_limit"
        case litellm.BadRequestError() if "LLM Provider NOT provided" in str(error):
            return "not_found"
        case _ if NO_KEY.search(said):
            return "bad_key"
    if any(isinstance(cause, ImportError) for cause in chain):
        return "failed"
    status = getattr(error, "status_code", None)
    if status == 400:
        return "bad_request"
    # With no answer that was a failure, these say that litellm could not read the reply.
    return "malformed" if status in (422, 500) else "failed"


def _fault_of_transport(cause: BaseException) -> Fault | None:
    import aiohttp
    import httpx

    match cause:
        case json.JSONDecodeError():
            return "malformed"
        case (
            aiohttp.ClientConnectorError()
            | aiohttp.InvalidURL()
            | ConnectionRefusedError()
            | httpx.ConnectError()
            | httpx.UnsupportedProtocol()
        ):
            return "connection"
        case aiohttp.ClientPayloadError():
            return "truncated"
        case (
            aiohttp.ServerDisconnectedError()
            | aiohttp.ClientOSError()
            | ConnectionError()
            | httpx.NetworkError()
            | httpx.RemoteProtocolError()
        ):
            return "reset"
        case aiohttp.ClientResponseError():
            return "malformed"  # it is not HTTP
    return None


def _fault_of_status(status: int, text: str, wait: float | None) -> Fault:
    if status == 402 or "insufficient_quota" in text:
        return "quota"
    # Gemini says so of its limits of a minute, too, but then when to come back.
    if status in (400, 403, 429) and wait is None and _NO_MONEY.search(text):
        return "quota"
    if status in (400, 403) and _AGAINST_POLICY.search(text):
        return "refused"
    if status in (401, 403) or (status == 400 and _WRONG_KEY.search(text)):
        return "bad_key"
    if status == 413 or (status in (400, 422, 429) and _is_too_long(status, text)):
        return "too_long"
    if status in (503, 529) or "overloaded_error" in text:
        return "overloaded"
    if status == 429:
        return "rate_limit"
    if status in (404, 405) or (status == 400 and "model_not_found" in text):
        return "not_found"
    if status in (408, 425) or status >= 500:
        return "server"
    return "bad_request" if status >= 400 else "failed"


def _is_too_long(status: int, text: str) -> bool:
    # At a rate limit, only what is above the limit alone: it would never be let through.
    return "Request too large" in text if status == 429 else bool(_TOO_LONG.search(text))


def _told(fault: Fault, said: str, spec: ModelSpec, wait: float | None = None) -> ModelError:
    return ModelError(sentence_of(fault, said, spec), fault, wait)
