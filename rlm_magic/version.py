"""The version of the installed package; package.json is where it is set."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("rlm-magic")
except PackageNotFoundError:  # a source tree on sys.path that was never installed
    __version__ = "0+unknown"
