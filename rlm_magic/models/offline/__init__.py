"""The offline model `offline/demo`: root model and sub-model by rules, not a neural network.

It sees what any model sees, the messages, and answers with prose and code. It keeps no state:
where a run stands is worked out from the conversation alone.
"""

from rlm_magic.models.offline.provider import MODEL, register
from rlm_magic.models.offline.reply import reply

__all__ = ["MODEL", "register", "reply"]
