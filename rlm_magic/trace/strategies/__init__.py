"""Which strategies of the paper a block of code shows, told by the flow of data through it."""

from rlm_magic.trace.strategies.detect import strategies_in
from rlm_magic.trace.strategies.made_of import Of

__all__ = ["Of", "strategies_in"]
