"""Asks a question of a run whose root model is the scripted provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlm_magic import RLM, Result
from tests.servers.client import FakeOpenAI

__all__ = ["Ask", "cell"]


def cell(*blocks: str) -> str:
    """A root reply that holds `blocks` as code."""
    return "\n\n".join(f"```repl\n{block}\n```" for block in blocks)


class Ask:
    """`ask(replies, …)`: run with these root replies, and return the `Result`.

    A reply that is a list of str is a reply with these blocks of code; options go to `RLM`.
    """

    def __init__(self, server: FakeOpenAI) -> None:
        self.server = server

    def __call__(
        self,
        replies: Sequence[str | dict[str, Any] | list[str]],
        question: Any = "What is it?",
        context: Any = None,
        *,
        namespace: dict[str, Any] | None = None,
        **options: Any,
    ) -> Result:
        self.server.script([cell(*r) if isinstance(r, list) else r for r in replies])
        return self.rlm(**options).completion(question, context, namespace=namespace)

    def rlm(self, **options: Any) -> RLM:
        """An `RLM` on the scripted provider."""
        return RLM("openai/scripted", api_base=self.server.url, api_key="test", **options)

    def output(self, *blocks: str, **options: Any) -> str:
        """What the root model is told about a reply with these blocks of code."""
        self([list(blocks), "FINAL(done)"], **options)
        return self.told()

    def told(self, request: int = 1) -> str:
        """The last message of the root request with this index."""
        return str(self.server.root_requests()[request].messages[-1]["content"])
