"""When the view of a run is drawn: on the run's own thread, and never after its end."""

from __future__ import annotations

import threading
from typing import Any

from rlm_magic.events import CodeProposed
from rlm_magic.notebook.progress import Progress, showing

ASKED = CodeProposed(run="r", step=1, block=1, code="x", level="reads only", chips=(), asked=True)


class Spy:
    def __init__(self) -> None:
        self.threads: list[int] = []

    def update(self, progress: Progress) -> None:
        self.threads.append(threading.get_ident())

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None: ...


async def test_a_question_is_drawn_at_once() -> None:
    view, progress = Spy(), Progress()
    async with showing(progress, view):
        progress.take(ASKED)
        assert view.threads == [threading.get_ident()]


async def test_an_event_of_another_thread_is_drawn_by_this_one() -> None:
    view, progress = Spy(), Progress()
    async with showing(progress, view):
        thread = threading.Thread(target=progress.take, args=[ASKED])
        thread.start()
        thread.join()
        assert view.threads == []
    assert view.threads == [threading.get_ident()]


async def test_an_event_that_comes_after_the_end_is_not_drawn_over_the_record() -> None:
    view, progress = Spy(), Progress()
    async with showing(progress, view):
        pass
    progress.take(ASKED)
    assert view.threads == []
