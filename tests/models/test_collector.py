"""What the garbage collector is spared during a batch, and what it gets back."""

from __future__ import annotations

import pytest

from tests.engine import run_program

BEGIN = """
import gc, os, sys, warnings
from rlm_magic.models.collector import old_objects_spared
warnings.simplefilter("ignore")
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "with old_objects_spared():\n"
            "    with old_objects_spared(): pass\n"
            "    print(gc.get_freeze_count() > 0)\n"
            "print(gc.get_freeze_count())",
            ["True", "0"],
        ),
        (
            "gc.freeze()\nwith old_objects_spared(): pass\nprint(gc.get_freeze_count() > 0)",
            ["True"],
        ),
        (
            "with old_objects_spared():\n"
            "    child = os.fork()\n"
            "    if child == 0: os._exit(gc.get_freeze_count() > 0)\n"
            "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n",
            ["0"],
        ),
    ],
    ids=["a batch", "frozen before", "forked"],
)
def test_what_a_batch_froze_comes_back_and_what_a_person_froze_stays(
    code: str, told: list[str]
) -> None:
    done = run_program(BEGIN + code)
    assert (done.out.split(), done.err) == (told, "")
