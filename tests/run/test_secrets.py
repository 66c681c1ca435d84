"""Keys of the environment: hidden in what code prints, sends and describes."""

from __future__ import annotations

import pytest

from tests.run.scripted import Ask

KEY = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", KEY)


@pytest.mark.parametrize(
    "code",
    [
        "import os\nprint(os.environ['SOME_API_KEY'])",
        "import os\nraise ValueError(os.environ['SOME_API_KEY'])",
        "import os\nllm_query('the key is ' + os.environ['SOME_API_KEY'])",
    ],
)
def test_a_key_reaches_no_model_and_no_trace(ask: Ask, code: str) -> None:
    result = ask([[code], "FINAL(done)"])
    assert all(KEY not in str(request.body) for request in ask.server.requests())
    assert result.trace is not None
    written = result.trace.read_text()
    assert KEY not in written
    assert "(value of SOME_API_KEY hidden)" in written


def test_a_variable_with_the_name_of_a_secret_is_not_previewed(ask: Ask) -> None:
    namespace = {"password": "hunter2", "openai_api_key": "sk-1", "tokens": ["a", "b"]}
    ask([["FINAL(1)"]], namespace=namespace)
    described = ask.server.root_requests()[0].messages[1]["content"]
    assert "- `password`: str, hidden for its name" in described
    assert "hunter2" not in described
    assert "sk-1" not in described
    assert "- `tokens`: list[str], 2 items" in described
