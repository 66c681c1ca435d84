"""Inline figures land in the cell that made them, whatever the browser sends meanwhile."""

from __future__ import annotations

import pytest

from tests.kernel.browser import PanelInBrowser
from tests.kernel.harness import Kernel
from tests.kernel.outcome import CellOutcome
from tests.kernel.replies import repl
from tests.servers.client import FakeOpenAI


def figures(outcome: CellOutcome) -> int:
    return sum("image/png" in display.data for display in outcome.displays)


@pytest.mark.parametrize("on_subshell", [False, True], ids=["main shell", "subshell"])
def test_a_figure_of_generated_code_lands_in_the_runs_cell(
    rlm_kernel: Kernel, server: FakeOpenAI, on_subshell: bool
) -> None:
    rlm_kernel.do("get_ipython().run_line_magic('config', 'RLMMagics.panel = True')")
    rlm_kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt", timeout=60)
    server.script(repl("plt.plot([1, 2]);", "FINAL('drawn')"))
    subshell = rlm_kernel.create_subshell() if on_subshell else None

    cell = rlm_kernel.start("%%rlm\nDraw it")
    browser = PanelInBrowser(rlm_kernel, subshell=subshell)
    browser.decide(browser.wait_for("code_proposed"), "approve")
    browser.wait_for("code_executed")
    for _ in range(3):  # each of these would flush the figure under the message's own header
        browser.send(kind="hello", have=0)
    browser.decide(browser.wait_for("code_proposed", 2), "approve")
    outcome = cell.wait()
    after = rlm_kernel.run("plt.plot([3, 4]);")

    assert (figures(outcome), figures(after)) == (1, 1)
    if subshell:
        rlm_kernel.delete_subshell(subshell)
