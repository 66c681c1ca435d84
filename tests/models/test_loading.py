"""litellm is loaded late, on the I/O thread, and leaves nothing behind in the process."""

from __future__ import annotations

from pathlib import Path
from subprocess import PIPE

from tests.engine import Program, repl, run_program
from tests.servers.client import FakeOpenAI

# conftest sets these for all tests; a person's environment has none of them.
BARE = {"LITELLM_MODE": None, "LITELLM_LOCAL_MODEL_COST_MAP": None}

WHO_LOADS = """
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("litellm", "openai"):
            threads.add(threading.current_thread().name)
threads = set()
sys.meta_path.insert(0, Watch())
"""


def test_importing_the_package_imports_nothing_heavy() -> None:
    done = run_program(
        "import sys, rlm_magic\n"
        "dir(rlm_magic)\n"
        "heavy = {'litellm', 'openai', 'pydantic', 'IPython', 'asyncio', 'greenlet', 'pandas'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    assert (done.out, done.err) == ("[]\n", "")


def test_making_an_engine_loads_neither_litellm_nor_jupyter() -> None:
    done = run_program(
        "import sys\n"
        "from rlm_magic import RLM\n"
        "RLM('openai/gpt-5')\n"
        "heavy = {'litellm', 'openai', 'IPython', 'ipykernel', 'traitlets', 'numpy', 'pandas'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    assert (done.out, done.err) == ("[]\n", "")


def test_litellm_is_loaded_on_the_io_thread_only(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    done = run_program(WHO_LOADS + "print(engine().completion('q').answer, threads)", server)
    assert (done.out, done.err) == ("echo: hi {'rlm-magic-io'}\n", "")


def test_threads_that_need_it_at_once_load_litellm_once() -> None:
    done = run_program(
        "import threading\n"
        "from rlm_magic.models import offline, provider\n"
        "register, times = offline.register, []\n"
        "offline.register = lambda litellm: (times.append(1), register(litellm))\n"
        "threads = [threading.Thread(target=provider.load_litellm) for _ in range(4)]\n"
        "for it in threads: it.start()\n"
        "for it in threads: it.join()\n"
        "print(len(times))"
    )
    assert (done.out, done.err) == ("1\n", "")


def test_warning_filters_are_as_before_but_for_one_about_litellm_itself(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(1)")])
    source = (
        "import warnings\n"
        "RLM\n"
        "before = list(warnings.filters)\n"
        "engine().completion('q')\n"
        "after = [entry for entry in warnings.filters if 'completion' not in str(entry[1])]\n"
        "print('litellm' in sys.modules, after == before, len(warnings.filters) - len(after))"
    )
    done = run_program(source, server)
    assert (done.out, done.err) == ("True True 1\n", "")


def test_warnings_as_errors_do_not_break_the_loading(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(llm_query('hi'))")])
    done = run_program("print(engine().completion('q'))", server, options=("-W", "error"))
    assert done.out.startswith("echo: hi\n")
    assert done.err == ""


def test_no_env_file_is_loaded_and_the_network_not_asked(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("FROM_ENV_FILE=yes\nOPENAI_API_KEY=from-env-file\n")
    server.script([repl("import os\nFINAL(os.environ.get('FROM_ENV_FILE'))"), repl("FINAL(2)")])
    source = "print(repr(engine().completion('q').answer), os.environ.get('FROM_ENV_FILE'))"
    done = run_program(source, server, environment=BARE, folder=tmp_path)
    assert (done.out, done.err) == ("2 None\n", "")


def test_the_process_ends_in_silence(server: FakeOpenAI) -> None:
    server.script([repl("FINAL(len(llm_query_batched(['a' + str(i) for i in range(20)])))")] * 2)
    source = (
        "print(engine(stream=True).completion('q').answer)\n"
        "print(asyncio.run(engine().acompletion('q')).answer)"
    )
    done = run_program(source, server)
    assert (done.code, done.out, done.err) == (0, "20\n20\n", "")


def test_the_process_can_end_while_a_call_is_in_flight(server: FakeOpenAI) -> None:
    server.script([{"fault": "hang"}])
    source = (
        "threading.Thread(target=engine().completion, args=['q'], daemon=True).start()\n"
        "sys.stdin.readline()"
    )
    with Program(source, server, stdin=PIPE) as program:
        server.wait_for(in_flight=1)
        done = program.end("go on\n")
    assert (done.code, done.out, done.err) == (0, "", "")
    server.wait_for(idle=True)
