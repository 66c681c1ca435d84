"""Root replies that arrive piece by piece."""

from __future__ import annotations

import asyncio

import pytest

from rlm_magic.events import Event, RootReplied, RootStreamed
from tests.engine import engine, of, repl
from tests.servers.client import FakeOpenAI

# litellm reads what pydantic has deprecated, while it streams.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the .model_:DeprecationWarning")

SCRIPT = ["First I look.\n" + repl("print(len(context))"), repl("FINAL(llm_query('naïve ☃ 🎉'))")]


def test_streaming_gives_the_same_answer_and_conversation(server: FakeOpenAI) -> None:
    answers, conversations = [], []
    for stream in (False, True):
        server.reset()
        server.script([{"content": reply, "chunk": 3} for reply in SCRIPT])
        result = engine(server, stream=stream).completion("q", "some context")
        answers.append((result.answer, result.status, result.usage, len(result.steps)))
        conversations.append([request.messages for request in server.requests()])
        assert {request.stream for request in server.root_requests()} == {stream}
        assert {request.stream for request in server.sub_requests()} == {False}
    assert answers[0] == answers[1]
    assert conversations[0] == conversations[1]


def test_the_pieces_are_the_reply(server: FakeOpenAI) -> None:
    server.script([{"content": reply, "chunk": 3} for reply in SCRIPT])
    result = engine(server, stream=True).completion("q", "some context")
    for step, reply in enumerate(SCRIPT, start=1):
        pieces = [event.text for event in of(result, RootStreamed) if event.step == step]
        assert "".join(pieces) == reply
    assert [event.text for event in of(result, RootReplied)] == SCRIPT


def test_without_streaming_there_are_no_pieces(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    assert of(engine(server).completion("q"), RootStreamed) == []


async def test_a_piece_is_told_before_the_reply_is_complete(server: FakeOpenAI) -> None:
    seen = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch(event: Event) -> None:
        if isinstance(event, RootStreamed):
            loop.call_soon_threadsafe(seen.set)

    server.script([{"content": repl("FINAL(1)"), "chunk": 4, "hold_after": 1, "hold": "gate"}])
    rlm = engine(server, stream=True, on_event=watch)
    running = asyncio.create_task(rlm.acompletion("q"))
    await asyncio.wait_for(seen.wait(), 20)
    assert not running.done()
    server.open("gate")
    assert (await running).answer == 1


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_hundred_identical_pieces_are_a_reply_as_any_other(
    server: FakeOpenAI, chunk: int
) -> None:
    server.script([{"content": repl(f"FINAL('{'a' * 300}')"), "chunk": chunk}])
    assert engine(server, stream=True).completion("q").answer == "a" * 300
