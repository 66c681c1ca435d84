"""Hides provider keys in text on its way to models, traces and notebooks.

A reading of the environment at the moment of use: generated code has the person's rights and can
print a key, and a key that was printed would travel far.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import lru_cache

__all__ = ["bare_address", "hide_keys", "is_secret_name", "key_hider"]

_SECRET = re.compile(
    r"(^|_)(api_?key|\w*_key|secret|token|passw(or)?d|passphrase|credentials?)$",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"^(\w[\w+.-]*://)?[^/]*@")
_SHORTEST = 8  # characters; anything shorter stands in ordinary text too


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a variable of this name is likely to hold a secret."""
    return _SECRET.search(name) is not None


def bare_address(url: str) -> str:
    """Return scheme, host, port and path of `url`: the rest may hold a key or a password."""
    return re.split(r"[?#]", _LOGIN.sub(r"\1", url), maxsplit=1)[0]


def hide_keys(text: str, api_key: str | None = None) -> str:
    """Return `text` without the secrets of the environment's variables, and without `api_key`."""
    return key_hider(api_key)(text)


def key_hider(api_key: str | None = None) -> Callable[[str], str]:
    """Return what hides the secrets that are in the environment now, for many texts at once."""
    secrets = {value: name for name, value in os.environ.items() if is_secret_name(name)}
    if api_key:
        secrets.setdefault(api_key, "the API key")
    hidden = {
        value: f"(value of {name} hidden)"
        for value, name in secrets.items()
        if len(value) >= _SHORTEST
    }

    def hide(text: str) -> str:
        for value, instead in hidden.items():
            if value in text:
                text = text.replace(value, instead)
        return text

    return hide
