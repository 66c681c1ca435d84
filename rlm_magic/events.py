"""The events of a run: typed, numbered facts, from which everything else is computed.

The trace file is these events as JSON lines; the panel, the progress display, the saved record,
`Result` and the usage figures are folds over them. Texts that hold lone surrogates are repaired on
the way in, so that every event is valid JSON whatever a model or a program wrote. Where an event
travels with its long texts shortened (`shortened`), each is a `Cut` that says how long it was.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    SerializationInfo,
    TypeAdapter,
)

from rlm_magic.errors import Fault
from rlm_magic.settings import CacheMode

__all__ = [
    "Abandoned",
    "AnyEvent",
    "BatchStarted",
    "Bounds",
    "CallHedged",
    "CallRetried",
    "CodeDecided",
    "CodeExecuted",
    "CodeProposed",
    "Cut",
    "Event",
    "Notice",
    "Observed",
    "RootFailed",
    "RootReplied",
    "RootRequested",
    "RootStreamed",
    "RunFinished",
    "RunStarted",
    "SpendDecided",
    "SpendProposed",
    "Status",
    "Strategy",
    "SubCallFinished",
    "SubCallStarted",
    "Tokens",
    "cut",
    "read_event",
    "shortened",
    "valid_text",
]

Status = Literal["answered", "fallback", "stopped", "over_budget", "interrupted", "failed"]
Strategy = Literal[
    "peek", "grep", "partition_and_map", "summarise", "verify", "recurse", "long_output"
]


def valid_text(text: str) -> str:
    """Return `text` with its surrogates paired, or replaced where they can't be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _repair(value: object) -> object:
    return valid_text(value) if isinstance(value, str) else value


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Cut(_Model):
    """A text of `chars` characters, of which only the start and the end are here."""

    start: str
    end: str = ""
    chars: int


_SHORTEST_WITH_END = 1_000  # characters; a preview of one line shows the start alone


def cut(text: str, longest: int) -> str | Cut:
    """Return `text`, or its start and end where it has more than `longest` characters."""
    if len(text) <= longest:
        return text
    tail = longest // 4 if longest >= _SHORTEST_WITH_END else 0
    return Cut(start=text[: longest - tail], end=text[len(text) - tail :], chars=len(text))


def _to_length(text: str, info: SerializationInfo) -> str | Cut:
    longest = info.context["longest"] if info.context else None
    return text if longest is None else cut(text, longest)


Text = Annotated[str, BeforeValidator(_repair), PlainSerializer(_to_length)]
Name = Annotated[str, BeforeValidator(_repair)]
Seconds = Annotated[float, AfterValidator(lambda value: round(value, 4))]


class Tokens(_Model):
    """Token counts as the provider reported them.

    Of `input`, `cached` were read from the provider's prefix cache and `written` put into it.
    """

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0


class Abandoned(_Model):
    """Requests that were given up without a reply and may have been charged, at their worst case.

    `usd` is None where no price is known.
    """

    requests: int = 0
    tokens: int = 0
    usd: float | None = 0.0


class Bounds(_Model):
    """The budget of a run tree; None is no bound. Units as in `Budget`."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None


class Event(_Model):
    """One fact of a run. `seq` counts from 1 in a trace, `time` is in seconds since the epoch."""

    seq: int = 0
    time: Seconds = 0.0
    run: str

    def stamp(self, seq: int, time: float) -> None:
        """Number a new event; only its recorder does so, before anybody has seen it."""
        self.__dict__.update(seq=seq, time=time)  # a copy would take as long as all the rest


class RunStarted(Event):
    """A run begins: the root run of a question, or a child run (`parent` and `parent_step` set).

    `context` are the names of the person's variables that the question is about, where they were
    chosen. `budget` is that of the whole tree, and is given with its root run. `cache` says what
    the store of replies is used for.
    """

    type: Literal["run_started"] = "run_started"
    question: Text
    model: Name
    sub_model: Name
    depth: int
    max_depth: int
    parent: str | None = None
    parent_step: int | None = None
    context: tuple[Name, ...] | None = None
    budget: Bounds = Bounds()
    cache: CacheMode = "off"
    description: Text
    version: str


class RootRequested(Event):
    """The root model is asked; `added` are the messages since the last request of this run."""

    type: Literal["root_requested"] = "root_requested"
    step: int
    added: tuple[tuple[Literal["system", "user", "assistant"], Text], ...]


class RootStreamed(Event):
    """A piece of a root reply that is still being written, `start` characters into it."""

    type: Literal["root_streamed"] = "root_streamed"
    step: int
    start: int
    text: Text


class RootReplied(Event):
    """The root model's whole reply; `usd` is None where the price is unknown.

    `cut_off`: it ended at its limit of tokens; `cached`: it was in the store, and cost nothing;
    `retries` counts the requests that failed before; `key` is its entry in the store.
    """

    type: Literal["root_replied"] = "root_replied"
    step: int
    text: Text
    cut_off: bool = False
    cached: bool = False
    retries: int = 0
    key: str | None = None
    tokens: Tokens
    usd: float | None
    abandoned: Abandoned = Abandoned()
    seconds: Seconds


class RootFailed(Event):
    """The root model gave no reply, for good; `cancelled`: as the run ended before."""

    type: Literal["root_failed"] = "root_failed"
    step: int
    error: Text
    fault: Fault
    cancelled: bool = False
    retries: int = 0
    abandoned: Abandoned = Abandoned()
    seconds: Seconds


class CallRetried(Event):
    """A request failed and is sent again after `wait` seconds; `call` is None for the root's."""

    type: Literal["call_retried"] = "call_retried"
    step: int
    call: int | None = None
    error: Text
    fault: Fault
    wait: Seconds


class CallHedged(Event):
    """A sub-call takes far longer than the others of its batch and is asked a second time."""

    type: Literal["call_hedged"] = "call_hedged"
    step: int
    call: int


class CodeProposed(Event):
    """A block of code waits for a decision. `chips` are the review in short plain phrases."""

    type: Literal["code_proposed"] = "code_proposed"
    step: int
    block: int
    code: Text
    level: str
    chips: tuple[Name, ...]
    asked: bool


class CodeDecided(Event):
    """What was decided about a proposed block.

    `code` is what will run after an edit; with `rest` all further code is approved, too.
    """

    type: Literal["code_decided"] = "code_decided"
    step: int
    block: int
    decision: Literal["approve", "edit", "reject", "stop"]
    code: Text | None = None
    note: Text = ""
    rest: bool = False


class CodeExecuted(Event):
    """A block ran. `output` is cut to head and tail, `output_chars` is its true length.

    `strategies` are those of the paper (section 4.1) that its code and its calls show.
    """

    type: Literal["code_executed"] = "code_executed"
    step: int
    block: int
    code: Text
    output: Text
    output_chars: int
    error: Text | None = None
    bound: tuple[Name, ...] = ()
    deleted: tuple[Name, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    seconds: Seconds


class Observed(Event):
    """What goes back to the root model after a step."""

    type: Literal["observed"] = "observed"
    step: int
    text: Text


class BatchStarted(Event):
    """The code asks for `calls` sub-calls, or child runs, at once.

    `repeats` more prompts are equal to one of them and get the same reply.
    """

    type: Literal["batch_started"] = "batch_started"
    step: int
    batch: int
    calls: int
    repeats: int = 0
    children: bool = False


class SpendProposed(Event):
    """A batch above the person's threshold waits for a decision; `spend` counts them in a run tree.

    `tokens` and `usd` are estimates; `usd` is None where no price is known.
    """

    type: Literal["spend_proposed"] = "spend_proposed"
    step: int
    spend: int
    calls: int
    model: Name
    tokens: int
    usd: float | None


class SpendDecided(Event):
    """What was decided about calls; with `rest` all further calls are approved, too."""

    type: Literal["spend_decided"] = "spend_decided"
    step: int
    spend: int
    decision: Literal["approve", "reject", "stop"]
    note: Text = ""
    rest: bool = False


class SubCallStarted(Event):
    """A sub-model call is sent.

    `at_limit`: an `rlm_query` at the depth limit; `threaded`: asked by a thread or a task that the
    code started, so that its place among the calls is chance. `images` tells what was sent with the
    prompt, `parameters` what the code chose for this call.
    """

    type: Literal["sub_call_started"] = "sub_call_started"
    step: int
    call: int
    model: Name
    prompt: Text
    images: tuple[Name, ...] = ()
    parameters: dict[str, JsonValue] = {}
    batch: int | None = None
    at_limit: bool = False
    threaded: bool = False


class SubCallFinished(Event):
    """A sub-model call ended with a reply or an error, or was `cancelled`.

    `fault` says how it failed, `cut_off` that the reply ended at its limit of tokens, `cached` that
    it was in the store and cost nothing, `hedged` that it was asked a second time. `retries` counts
    the requests that failed before; `key` is the reply's entry in the store.
    """

    type: Literal["sub_call_finished"] = "sub_call_finished"
    step: int
    call: int
    reply: Text | None = None
    error: Text | None = None
    fault: Fault | None = None
    cancelled: bool = False
    cut_off: bool = False
    cached: bool = False
    hedged: bool = False
    retries: int = 0
    key: str | None = None
    tokens: Tokens = Tokens()
    usd: float | None = None
    abandoned: Abandoned = Abandoned()
    seconds: Seconds


class Notice(Event):
    """Something that the person should know and that changes nothing in the run."""

    type: Literal["notice"] = "notice"
    text: Text


class RunFinished(Event):
    """A run ended. `answer` is the answer as text, `error` one sentence where there is none."""

    type: Literal["run_finished"] = "run_finished"
    status: Status
    answer: Text | None = None
    answer_type: Name | None = None
    answer_name: Name | None = None
    error: Text | None = None


AnyEvent = Annotated[
    RunStarted
    | RootRequested
    | RootStreamed
    | RootReplied
    | RootFailed
    | CallRetried
    | CallHedged
    | CodeProposed
    | CodeDecided
    | CodeExecuted
    | Observed
    | BatchStarted
    | SpendProposed
    | SpendDecided
    | SubCallStarted
    | SubCallFinished
    | Notice
    | RunFinished,
    Field(discriminator="type"),
]

_adapter: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def read_event(line: str | bytes) -> AnyEvent:
    """Return the event that one line of a trace holds; raise pydantic's ValidationError if none."""
    return _adapter.validate_json(line)


def shortened(event: AnyEvent, longest: int) -> dict[str, Any]:
    """Return `event` as JSON data without its default values, no text above `longest` characters.

    A longer text becomes a `Cut`.
    """
    data = event.model_dump(mode="json", exclude_defaults=True, context={"longest": longest})
    return {"type": event.type, **data}
