"""How long a server asks to wait before the next request."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["retry_after"]

_DELAY = re.compile(r'"retryDelay":\s*"([\d.]+)s"')
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")


def retry_after(headers: Mapping[str, str], text: str) -> float | None:
    """Return the seconds that an answer asks to wait, None where it doesn't say.

    `headers` are those of the answer with names in lower case, `text` is its body.
    """
    if (wait := _number(headers.get("retry-after-ms"))) is not None:
        return wait / 1000
    if asked := headers.get("retry-after"):
        wait = _number(asked)
        return _until(asked) if wait is None else wait
    for what in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{what}") == "0":
            return _seconds(headers.get(f"x-ratelimit-reset-{what}", ""))
    if delay := _DELAY.search(text):
        return _number(delay[1])
    return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _seconds(duration: str) -> float | None:
    """A time as OpenAI writes it: 1s, 6m0s, 120ms."""
    if number := _number(duration):
        return number
    parts = _DURATION.fullmatch(duration)
    if not duration or parts is None:
        return None
    hours, minutes, seconds, thousandths = (_number(part) or 0.0 for part in parts.groups())
    return 3600 * hours + 60 * minutes + seconds + thousandths / 1000
