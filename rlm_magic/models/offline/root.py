"""The root role: picks a skill, replays its plan over the observations, and says the next turn."""

import re
from collections.abc import Sequence

from rlm_magic.models.offline.about import ABOUT, SHORT
from rlm_magic.models.offline.chat import is_chat, open_chat
from rlm_magic.models.offline.conversation import Observation, Run
from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.look import clean_copy, look
from rlm_magic.models.offline.skills import choose_skill
from rlm_magic.models.offline.steps import Answer, Plan, Step, StepFailed, Turn, render
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.variables import read_description

__all__ = ["next_turn"]


def next_turn(run: Run) -> str:
    """The reply that is due, found by running the plan again over everything seen so far."""
    task = Task(run.question, tuple(read_description(run.description)))
    return _Replay(task).after(run.observations, last_request=run.is_last_request)


def solve(task: Task) -> Plan:
    """The whole run: look at the data, follow one skill, and once try again on a clean copy."""
    chat: Data | None = None
    if is_chat(task):
        task, chat = yield from open_chat(task)
    skill = choose_skill(task.question)
    if skill is None:
        yield Answer(ABOUT)
        return
    variable = task.variable_for(skill.wants)
    if chat is not None and (variable is None or variable.name not in task.question):
        yield from skill.plan(task, chat)
        return
    if variable is None or skill.wants == "all":
        yield from skill.plan(task, Data("", "other")) if variable else _no_data()
        return
    try:
        data = yield from look(variable, task, skill.wants)
        yield from skill.plan(task, data)
    except StepFailed as failure:
        if failure.refused:
            raise
        data = yield from clean_copy(variable)
        yield from skill.plan(task, data)


def _no_data() -> Plan:
    yield Answer(
        "There are no variables that hold data here, so there is nothing to look at. Load some"
        f" data into a variable, such as a text, a list or a DataFrame, and ask again. {SHORT}"
    )


def _with_honest_end(plan: Plan) -> Plan:
    try:
        yield from plan
    except StepFailed as failure:
        yield Answer(f"{SHORT} I could not work this out. {_one_line(str(failure))}")


class _Replay:
    """A plan, led again through what a conversation has already seen."""

    def __init__(self, task: Task) -> None:
        self._plan = _with_honest_end(solve(task))
        self._taken = [v.name for v in task.variables]
        self._ours: set[str] = set()
        self._last_output = ""
        self._answer_name: str | None = None

    def after(self, observations: Sequence[Observation], *, last_request: bool) -> str:
        turn = next(self._plan)
        text = self._say(turn)
        for observation in observations:
            self._take_in(turn, observation)
            if observation.is_last_request:
                break
            try:
                turn = self._advance(observation)
            except StopIteration:
                return self._closing(observation)
            text = self._say(turn)
        return self._best_so_far() if last_request else text

    def _advance(self, observation: Observation) -> Turn:
        if observation.kind == "ran":
            return self._plan.send(observation.output)
        reason = _last_line(observation.output) or " ".join(observation.notes)
        refused = observation.kind == "other"
        return self._plan.throw(StepFailed(reason, refused=refused))

    def _say(self, turn: Turn) -> str:
        if isinstance(turn, Answer):
            return str(turn)
        code, self._renamed = render(turn, self._taken, self._ours)
        return f"{turn.prose}\n\n```repl\n{code}\n```"

    def _take_in(self, turn: Turn, observation: Observation) -> None:
        if observation.kind != "ran":
            return
        self._last_output = observation.output.strip() or self._last_output
        if isinstance(turn, Step) and turn.result:
            self._answer_name = self._renamed.get(turn.result, turn.result)

    def _closing(self, observation: Observation) -> str:
        """The plan is through, but the run goes on: its answer was not accepted."""
        why = " ".join(observation.notes) or "My last step did not finish the run."
        return str(Answer(f"{SHORT} {why} What I saw last: {self._last_output or 'nothing.'}"))

    def _best_so_far(self) -> str:
        if self._answer_name:
            return f"FINAL_VAR({self._answer_name})"
        seen = self._last_output or "nothing yet."
        return str(Answer(f"The run ended before I was done. What I saw last: {seen[:2000]}"))


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:300]
