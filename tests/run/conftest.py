from __future__ import annotations

import pytest

from tests.run.scripted import Ask
from tests.servers.client import FakeOpenAI


@pytest.fixture
def ask(server: FakeOpenAI) -> Ask:
    """Asks a question of a run whose root model answers from a script."""
    return Ask(server)
