"""The store of replies: real SQLite files, and real processes that share them."""

from __future__ import annotations

import errno
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_magic.errors import ConfigurationError
from rlm_magic.events import Tokens
from rlm_magic.models.spec import Message, Reply
from rlm_magic.models.store.contents import Holding, beginning_with, holdings, latest, prune
from rlm_magic.models.store.divergence import divergence
from rlm_magic.models.store.entry import Entry
from rlm_magic.models.store.identity import identity
from rlm_magic.models.store.store import Activity, Store
from rlm_magic.models.store.transfer import import_entries

ROOT = Path(__file__).parents[2]
MODEL = "openai/scripted"

# What a program of a test begins with.
START = """
import os, sys
from pathlib import Path
from rlm_magic.models.spec import Reply
from rlm_magic.models.store.entry import Entry
from rlm_magic.models.store.identity import identity
from rlm_magic.models.store.store import Store

def entry(prompt):
    messages = [{"role": "user", "content": prompt}]
    return Entry(identity("m", messages, {}), "m", messages, {}, Reply(f"to {prompt}"), 0.01)

def held(store, prompts):
    keys = [entry(prompt).key for prompt in prompts]
    return sorted(it.reply.text for it in store.get(keys).result().values())

path = Path(sys.argv[1])
"""


def program(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START + dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str], given: str = "", *, timeout: float = 60) -> str:
    said, complaint = process.communicate(given, timeout=timeout)
    assert (process.returncode, complaint) == (0, "")
    return said


def asking(text: str, role: str = "user") -> Message:
    return {"role": role, "content": text}


def entry(prompt: str | list[Message], reply: str = "yes", **chosen: Any) -> Entry:
    messages = [asking(prompt)] if isinstance(prompt, str) else prompt
    model, parameters = chosen.pop("model", MODEL), chosen.pop("parameters", {})
    key = identity(model, messages, parameters, chosen.pop("sample", 0))
    answer = Reply(reply, chosen.pop("tokens", None), chosen.pop("cut_off", False))
    return Entry(key, model, messages, parameters, answer, **chosen)


def put(store: Store, *entries: Entry) -> None:
    for done in [store.put(it) for it in entries]:
        done.result(timeout=30)


def replies(store: Store, *entries: Entry) -> list[str | None]:
    found = store.get([it.key for it in entries]).result(timeout=30)
    return [found[it.key].reply.text if it.key in found else None for it in entries]


def bytes_of(path: Path) -> bytes:
    return b"".join(it.read_bytes() for it in sorted(path.parent.glob(f"{path.name}*")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store.open(path)
    yield opened
    opened.close().result(timeout=30)


# Which requests are the same

unhurried = settings(deadline=None)

TEXTS = st.text(max_size=20)
PARAMETERS = st.dictionaries(
    st.sampled_from(["temperature", "top_p", "stop", "seed", "response_format"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=5,
    ),
)


@unhurried
@given(PARAMETERS, st.randoms())
def test_the_order_of_parameters_does_not_matter(parameters: dict[str, Any], chance: Any) -> None:
    names = list(parameters)
    chance.shuffle(names)
    shuffled = {name: parameters[name] for name in names}
    messages = [asking("hi")]
    assert identity(MODEL, messages, shuffled) == identity(MODEL, messages, parameters)


@unhurried
@given(PARAMETERS)
def test_a_parameter_that_is_none_is_one_that_is_not_set(parameters: dict[str, Any]) -> None:
    without = {name: value for name, value in parameters.items() if value is not None}
    messages = [asking("hi")]
    assert identity(MODEL, messages, without) == identity(MODEL, messages, parameters)


@unhurried
@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_conversations_are_the_same_only_if_all_their_messages_are(
    one: list[str], other: list[str]
) -> None:
    keys = [identity(MODEL, [asking(text) for text in texts], {}) for texts in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


@unhurried
@given(PARAMETERS, PARAMETERS)
def test_other_parameters_make_another_request(one: dict[str, Any], other: dict[str, Any]) -> None:
    keys = [identity(MODEL, [asking("hi")], parameters) for parameters in (one, other)]
    if keys[0] == keys[1]:
        assert _set(one) == _set(other)


def _set(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


@unhurried
@given(TEXTS, st.integers(min_value=0, max_value=20))
def test_a_text_may_be_cut_in_parts_with_cache_markers(text: str, place: int) -> None:
    parts = [
        {"type": "text", "text": text[:place], "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": text[place:]},
    ]
    marker = {"type": "ephemeral"}
    marked = [{"role": "user", "content": parts, "cache_control": marker, "name": None}]
    assert identity(MODEL, marked, {}) == identity(MODEL, [asking(text)], {})


def test_model_role_and_sample_make_another_request() -> None:
    keys = {
        identity(MODEL, [asking("hi")], {}),
        identity("openai/other", [asking("hi")], {}),
        identity(MODEL, [asking("hi", "system")], {}),
        identity(MODEL, [asking("hi")], {}, 1),
        identity(MODEL, [asking("hi")], {}, 2),
    }
    assert len(keys) == 5


def picture(data: str) -> list[Message]:
    url = {"url": f"data:image/png;base64,{data}"}
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": url}]
    return [{"role": "user", "content": parts}]


def test_the_data_of_an_image_counts() -> None:
    one, other = (identity(MODEL, picture("A" * 5_000 + end), {}) for end in "xy")
    assert one != other


@pytest.mark.parametrize(
    "name",
    [
        "api_key", "api_base", "base_url", "timeout", "stream", "stream_options", "extra_headers",
        "prompt_cache_key", "num_retries", "aws_access_key_id", "azure_ad_token", "client_secret",
        "vertex_credentials",
    ],
)  # fmt: skip
def test_how_a_request_travels_does_not_count(name: str) -> None:
    messages = [asking("hi")]
    plain = identity(MODEL, messages, {"temperature": 0})
    assert identity(MODEL, messages, {"temperature": 0, name: "value"}) == plain


def test_a_secret_inside_a_parameter_does_not_count() -> None:
    one, other = (
        identity(MODEL, [], {"extra_body": {"api_key": key, "size": 1}}) for key in ("a", "b")
    )
    assert one == other


@pytest.mark.parametrize("name", ["adapter_key", "eos_token", "token"])
def test_what_only_looks_like_a_secret_counts_and_is_not_kept(store: Store, name: str) -> None:
    for wrap in (lambda it: it, lambda it: {"extra_body": it}):
        given = [wrap({name: value}) for value in ("a-law", "a-law", "b-med")]
        one, same, other = (identity(MODEL, [], parameters) for parameters in given)
        assert one == same != other
        asked = entry("hi", parameters=given[0])
        put(store, asked)
        assert "a-law" not in str(store.get([asked.key]).result()[asked.key].parameters)


def test_equal_numbers_are_equal_parameters() -> None:
    keys = {identity(MODEL, [], {"temperature": value}) for value in (1, 1.0)}
    assert len(keys) == 1
    assert identity(MODEL, [], {"logprobs": True}) not in {identity(MODEL, [], {"logprobs": 1})}


def test_a_key_is_the_same_in_every_process_and_release() -> None:
    messages = [asking("You are terse.", "system"), asking("Grüße, 世界 \ud800")]
    key = identity("openai/gpt-5", messages, {"temperature": 0.5, "stop": ["\n"]}, 3)
    assert key == "e8e06665f3522ed7415c3811299560e3"


def test_an_unusual_value_counts_by_what_it_says_not_where_it_is() -> None:
    class Shape:
        def __init__(self, name: str) -> None:
            self.name = name

        def __repr__(self) -> str:
            return f"<Shape {self.name} at {hex(id(self))}>"

    shapes = [Shape("a"), Shape("a"), Shape("b")]
    one, same, other = (identity(MODEL, [], {"response_format": shape}) for shape in shapes)
    assert one == same != other


# Round trips


def test_a_reply_comes_back_as_it_was(store: Store) -> None:
    whole = entry(
        "hi", "a\0b \U0001f600", tokens=Tokens(input=5, cached=2, output=7), cut_off=True, usd=0.25
    )
    bare = entry("ho", "", parameters={"temperature": 0})
    put(store, whole, bare)
    found = store.get([whole.key, bare.key, "0" * 32]).result()
    assert found.keys() == {whole.key, bare.key}
    assert found[whole.key].reply == whole.reply
    assert found[whole.key].usd == 0.25
    assert found[bare.key].reply == Reply("", None, False)
    assert found[bare.key].usd is None
    assert found[bare.key].parameters == {"temperature": 0}


def test_a_text_that_is_no_valid_unicode_is_kept_repaired(store: Store) -> None:
    odd = entry("\ud800 prompt", "\udfff reply")
    put(store, odd)
    assert replies(store, odd) == ["\ufffd reply"]


def test_a_second_reply_replaces_the_first(store: Store) -> None:
    put(store, entry("hi", "old"), entry("hi", "new"))
    assert replies(store, entry("hi")) == ["new"]
    put(store, entry("hi", "newer"))
    assert replies(store, entry("hi")) == ["newer"]


def test_many_replies_come_back_at_once(store: Store) -> None:
    many = [entry(f"prompt {n}", f"reply {n}") for n in range(1_200)]
    put(store, *many)
    assert replies(store, *many) == [it.reply.text for it in many]


def test_one_object_serves_all_who_open_the_same_path(store: Store, path: Path) -> None:
    assert Store.open(path) is store
    assert Store.open(path.parent / "other.db") is not store


def test_the_default_place_is_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLM_STORE", str(tmp_path / "chosen.db"))
    assert Store.open().path == tmp_path / "chosen.db"
    monkeypatch.delenv("RLM_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Store.open().path == tmp_path / "rlm-magic" / "store.db"


def test_what_cannot_be_kept_fails_alone(store: Store) -> None:
    bad = Entry("k" * 32, MODEL, [], {}, Reply("x"))
    futures = [store.put(it) for it in (entry("a"), bad, entry("b"))]
    assert isinstance(futures[1].exception(timeout=30), Exception)
    assert replies(store, entry("a"), entry("b")) == ["yes", "yes"]


def test_a_long_conversation_takes_no_more_room_than_its_last_step(
    store: Store, path: Path
) -> None:
    said: list[Message] = []
    for step in range(100):
        said = [*said, asking(f"{step}: " + "x" * 2_000)]
        put(store, entry(said))
    store.close().result()
    assert path.stat().st_size < 3 * 100 * 2_000
    [last] = store.run(lambda it: latest(it, "99:", 1)).result()
    assert list(last.messages) == said


def test_what_the_store_did_for_this_process_is_counted(store: Store) -> None:
    put(store, entry("a", usd=0.5), entry("b"))
    replies(store, entry("a"), entry("b"), entry("c"))
    assert store.activity == Activity(kept=2, given=2, saved_usd=0.5, unpriced=1)


# What is not in the file


def test_images_are_kept_by_their_digest(store: Store, path: Path) -> None:
    put(store, entry(picture("QUJD" * 2_000)))
    assert b"QUJDQUJD" not in bytes_of(path)
    assert b"What is this?" in bytes_of(path)
    assert replies(store, entry(picture("QUJD" * 2_000))) == ["yes"]


def test_keys_are_not_in_the_file(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_API_KEY", "environment-secret")
    parameters = {
        "api_key": "parameter-secret",
        "aws_session_token": "account-secret",
        "extra_headers": {"Authorization": "header-secret"},
        "extra_body": {"token": "nested-secret", "note": "as in environment-secret"},
    }
    put(store, entry("hi", parameters=parameters))
    assert b"secret" not in bytes_of(path).replace(b"OTHER_API_KEY", b"")


def test_only_its_owner_may_read_it(store: Store, path: Path) -> None:
    put(store, entry("hi"))
    modes = {stat.S_IMODE(it.stat().st_mode) for it in path.parent.glob("store.db*")}
    assert modes == {0o600}


# Processes


def test_several_processes_write_one_file(path: Path) -> None:
    code = """
    name = sys.argv[2]
    sys.stdin.readline()
    store = Store.open(path)
    for put in [store.put(entry(f"{name} {n}")) for n in range(200)]:
        put.result()
    print(len(held(store, [f"{name} {n}" for n in range(200)])))
    """
    processes = [program(code, path, name) for name in "abcd"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [output(process) for process in processes] == ["200\n"] * 4
    assert output(program("print(len(Store.open(path).run("
                          "lambda it: it.execute('SELECT * FROM entry').fetchall()).result()))",
                          path)) == "800\n"  # fmt: skip


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    code = """
    store = Store.open(path)
    def tell(number):
        os.write(1, b"%d\\n" % number)
    for number in range(100_000):
        store.put(entry(f"{number}")).add_done_callback(lambda _, n=number: tell(n))
    """
    process = program(code, path)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(3_000)]
    process.kill()
    told += [int(line) for line in process.communicate()[0].splitlines(True) if line[-1] == "\n"]
    assert process.returncode == -signal.SIGKILL
    kept = output(program("print(len(held(Store.open(path), sys.stdin.read().split())))", path),
                  given="\n".join(map(str, told)))  # fmt: skip
    assert int(kept) == len(told)


def test_a_process_that_ends_loses_nothing(path: Path) -> None:
    code = """
    store = Store.open(path)
    for number in range(2_000):
        store.put(entry(f"{number}"))
    """
    assert output(program(code, path)) == ""
    assert sorted(it.name for it in path.parent.iterdir()) == ["store.db"]
    told = output(program("print(len(held(Store.open(path), map(str, range(2_000)))))", path))
    assert told == "2000\n"


def test_a_process_ends_while_another_holds_the_lock(path: Path) -> None:
    Store.open(path).close().result()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        code = "store = Store.open(path); store.put(entry('a')); print('end')"
        assert output(program(code, path)) == "end\n"


def test_a_forked_process_has_a_connection_of_its_own(path: Path) -> None:
    code = """
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks where there are threads
    store = Store.open(path)
    store.put(entry("before")).result()
    child = os.fork()
    if child == 0:
        store.put(entry("child")).result()
        found = held(Store.open(path), ["before", "child"])
        os._exit(0 if found == ["to before", "to child"] else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    store.put(entry("after")).result()
    print(held(store, ["before", "child", "after"]))
    """
    assert output(program(code, path)) == "0\n['to after', 'to before', 'to child']\n"


# How large it may be


def test_what_was_used_least_recently_makes_room(path: Path) -> None:
    store = Store.open(path, longest_bytes=1_000_000)
    old = [entry(f"old {n}" + "x" * 4_000) for n in range(100)]
    put(store, *old)
    assert replies(store, *old[:20]) == ["yes"] * 20
    for n in range(150):
        put(store, entry(f"new {n}" + "x" * 4_000))
    there = replies(store, *old)
    assert there[:20] == ["yes"] * 20
    assert None in there[20:]
    assert bytes_in_use(path) < 1_100_000


def test_what_is_read_is_marked_as_used_at_the_end(store: Store) -> None:
    put(store, entry("a", used=100.0))
    replies(store, entry("a"))
    store.close().result()
    assert used_last(store.path) > 100.0


def test_what_is_read_is_marked_as_used_while_nothing_is_written(store: Store) -> None:
    put(store, entry("a", used=100.0))
    replies(store, entry("a"))
    ends = time.monotonic() + 30
    while used_last(store.path) == 100.0:
        assert time.monotonic() < ends
        time.sleep(0.05)


def used_last(path: Path) -> float:
    with closing(sqlite3.connect(path)) as file:
        return float(file.execute("SELECT max(used) FROM entry").fetchone()[0])


def test_one_reply_that_is_larger_than_the_bound_leaves_a_store_that_works(path: Path) -> None:
    store = Store.open(path, longest_bytes=100_000)
    put(store, entry("large", "x" * 1_000_000))
    put(store, entry("small"))
    assert replies(store, entry("large"), entry("small")) == [None, "yes"]


def test_the_messages_of_what_is_dropped_are_dropped(path: Path) -> None:
    store = Store.open(path, longest_bytes=200_000)
    for n in range(100):
        put(store, entry(f"{n}" + "x" * 10_000))
    assert counts(store)["message"] == counts(store)["entry"] < 20


def bytes_in_use(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        pages, free, size = (
            file.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def counts(store: Store) -> dict[str, int]:
    return {
        table: store.run(
            lambda it, table=table: it.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        ).result()
        for table in ("entry", "message")
    }


# Files that can't be used


def test_another_kind_of_file_is_refused(path: Path) -> None:
    path.write_text("notes of mine\n" * 1_000)
    with pytest.raises(ConfigurationError, match="holds something else than a store of replies"):
        Store.open(path)
    assert path.read_text().startswith("notes of mine")


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="holds something else than a store of replies"):
        Store.open(path)
    assert path.read_bytes() == before


def test_the_store_of_a_newer_version_is_refused(path: Path) -> None:
    Store.open(path).close().result()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 2")
    with pytest.raises(ConfigurationError, match="was made by a newer rlm-magic: update yours"):
        Store.open(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder: give the path of a file"):
        Store.open(tmp_path)


def test_a_place_where_nothing_can_be_made_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"can't be made at /proc/store\.db \(.*\): choose"
    ):
        Store.open(Path("/proc/store.db"))


def test_a_damaged_file_is_told_and_may_be_deleted(store: Store, path: Path) -> None:
    many = [entry(f"{n}" + "x" * 3_000) for n in range(100)]
    put(store, *many)
    store.close().result()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xa5" * (size - 4_096))
    with pytest.raises(ConfigurationError, match=r"The store .* is damaged: delete it"):
        store.get([it.key for it in many]).result(timeout=30)
    with pytest.raises(ConfigurationError, match="is damaged"):
        put(store, entry("new"))
    path.unlink()
    put(store, entry("new"))
    assert replies(store, entry("new")) == ["yes"]


def test_a_lock_of_another_process_is_waited_for(store: Store, path: Path) -> None:
    put(store, entry("before"))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        kept = store.put(entry("while locked"))
        assert not kept.done()
        other.execute("ROLLBACK")
        kept.result(timeout=30)
    assert replies(store, entry("while locked")) == ["yes"]


def test_a_lock_on_a_file_that_is_being_made_is_waited_for(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor() as pool:
            opened = pool.submit(Store.open, path)
            assert wait([opened], timeout=0.3).not_done
            other.execute("ROLLBACK")
            put(opened.result(timeout=30), entry("hi"))


def test_a_lock_that_stays_is_told_and_the_store_works_once_it_is_gone(
    store: Store, path: Path
) -> None:
    put(store, entry("before"))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigurationError, match="is locked by another program: end that"):
            put(store, entry("lost"))
        assert replies(store, entry("before")) == ["yes"]
        other.execute("ROLLBACK")
    put(store, entry("after"))
    assert replies(store, entry("lost"), entry("after")) == [None, "yes"]


def test_a_file_that_is_deleted_meanwhile_is_made_anew(store: Store, path: Path) -> None:
    put(store, entry("before"))
    for file in path.parent.glob("store.db*"):
        file.unlink()
    put(store, entry("after"))
    assert replies(store, entry("before"), entry("after")) == [None, "yes"]
    assert path.is_file()


def test_a_file_that_is_deleted_does_not_come_back_for_what_was_read(
    store: Store, path: Path
) -> None:
    put(store, entry("before"))
    replies(store, entry("before"))
    for file in path.parent.glob("store.db*"):
        file.unlink()
    store.close().result()
    assert not path.exists()


def test_a_file_system_that_fails_is_told_and_the_store_works_once_it_is_back(
    store: Store, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object, **__: object) -> bool:
        raise OSError(errno.ESTALE, "Stale file handle")

    put(store, entry("before"))
    with monkeypatch.context() as gone:
        for name in ("is_file", "is_dir", "exists"):
            gone.setattr(Path, name, stale)
        with pytest.raises(
            ConfigurationError, match=r"other\.db can't be used \(Stale file handle"
        ):
            Store.open(tmp_path / "other.db")
        assert store.put(entry([])).exception(timeout=30)  # nothing to write but marks
    assert replies(store, entry("before")) == ["yes"]


def test_a_folder_that_is_deleted_meanwhile_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "store.db"
    store = Store.open(path)
    shutil.rmtree(path.parent)
    put(store, entry("after"))
    assert path.is_file()


def test_a_file_that_is_replaced_meanwhile_is_read(store: Store, path: Path) -> None:
    other = Store.open(path.with_name("other.db"))
    put(other, entry("hi", "from the other"))
    other.close().result()
    put(store, entry("hi", "from the first"))
    store.close().result()
    assert replies(store, entry("hi")) == ["from the first"]
    other.path.replace(path)
    assert replies(store, entry("hi")) == ["from the other"]


def test_without_the_right_to_write_it_is_read() -> None:
    folder = Path(tempfile.mkdtemp())
    path = folder / "store.db"
    try:
        folder.chmod(0o755)
        store = Store.open(path)
        put(store, entry("a", model="m"))
        store.close().result()
        path.chmod(0o444)
        folder.chmod(0o555)
        code = """
        import urllib.parse  # what is imported later may not be readable
        if os.getuid() == 0:
            os.setuid(65534)
        store = Store.open(path)
        print(list(it.reply.text for it in store.get([entry("a").key]).result().values()))
        try:
            store.put(entry("b")).result()
        except Exception as error:
            print(type(error).__name__, error)
        """
        assert output(program(code, path)) == (
            f"['yes']\nConfigurationError The store {path} may not be written: choose another "
            "path.\n"
        )
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_where_there_is_no_wal_it_works_without(path: Path) -> None:
    path.with_name("store.db-shm").mkdir()  # the memory that WAL needs can't be had
    store = Store.open(path)
    put(store, entry("hi"))
    assert replies(store, entry("hi")) == ["yes"]
    [mode] = store.run(lambda it: it.execute("PRAGMA journal_mode").fetchone()).result()
    assert mode == "delete"


# The file beside a notebook


def exported(store: Store, path: Path, *entries: Entry) -> tuple[int, int]:
    return store.export(path, [it.key for it in entries]).result(timeout=30)


def test_an_exported_file_answers_beside_another_store(store: Store, tmp_path: Path) -> None:
    put(store, entry("a", "reply a"), entry("b"))
    beside = tmp_path / "note.rlm.db"
    assert exported(store, beside, entry("a"), entry("never asked")) == (1, 1)
    before = beside.read_bytes()
    other = Store.open(tmp_path / "other.db", beside=beside)
    put(other, entry("c"))
    assert replies(other, entry("a"), entry("b"), entry("c")) == ["reply a", None, "yes"]
    other.close().result()
    assert beside.read_bytes() == before
    assert not list(tmp_path.glob("note.rlm.db-*"))


def test_an_export_depends_only_on_what_it_holds(store: Store, tmp_path: Path) -> None:
    conversation = [asking("be brief", "system"), asking("a")]
    entries = [entry(conversation), *(entry(f"{n}", created=1_000.0 + n) for n in range(20))]
    put(store, *entries)
    exported(store, tmp_path / "at once.db", *entries)
    replies(store, *entries)
    store.close().result()
    again = Store.open(tmp_path / "again.db")
    imported = again.run(lambda it: import_entries(it, tmp_path / "at once.db")).result()
    assert imported == (21, 21)
    exported(again, tmp_path / "in parts.db", *entries[15:])
    exported(store, tmp_path / "in parts.db", *reversed(entries[:15]))
    assert (tmp_path / "in parts.db").read_bytes() == (tmp_path / "at once.db").read_bytes()


def test_an_export_adds_to_what_was_exported_before(store: Store, tmp_path: Path) -> None:
    put(store, entry("a"), entry("b", "old"))
    exported(store, tmp_path / "note.rlm.db", entry("a"), entry("b"))
    put(store, entry("b", "new"), entry("c"))
    store.run(lambda it: it.execute("DELETE FROM entry WHERE reply = 'yes'")).result()
    put(store, entry("c"))
    found = exported(store, tmp_path / "note.rlm.db", entry("b"), entry("c"))
    assert found == (1, 3)
    copy = Store.open(tmp_path / "note.rlm.db")
    assert replies(copy, entry("a"), entry("b"), entry("c")) == ["yes", "new", "yes"]


def test_an_export_takes_from_the_file_beside_too(store: Store, tmp_path: Path) -> None:
    put(store, entry("a"))
    exported(store, tmp_path / "note.rlm.db", entry("a"))
    other = Store.open(tmp_path / "other.db", beside=tmp_path / "note.rlm.db")
    put(store, entry("b", "old"))
    exported(store, tmp_path / "note.rlm.db", entry("b"))
    put(other, entry("b", "new"))
    assert exported(other, tmp_path / "copy.db", entry("a"), entry("b")) == (2, 2)
    assert replies(Store.open(tmp_path / "copy.db"), entry("a"), entry("b")) == ["yes", "new"]


def test_an_export_replaces_no_other_file(store: Store, tmp_path: Path) -> None:
    put(store, entry("a"))
    (tmp_path / "note.rlm.db").write_text("mine")
    with pytest.raises(ConfigurationError, match="holds something else"):
        exported(store, tmp_path / "note.rlm.db", entry("a"))
    assert (tmp_path / "note.rlm.db").read_text() == "mine"
    with pytest.raises(ConfigurationError, match="is the store itself"):
        exported(store, store.path, entry("a"))
    assert sorted(it.name for it in tmp_path.glob("*rlm*")) == ["note.rlm.db"]


def test_an_import_leaves_what_is_there(store: Store, tmp_path: Path) -> None:
    other = Store.open(tmp_path / "other.db")
    put(other, entry("a", "theirs"), entry([asking("s", "system"), asking("b")], "theirs"))
    put(store, entry("a", "mine"))
    assert store.run(lambda it: import_entries(it, other.path)).result() == (1, 2)
    assert replies(store, entry("a"), entry([asking("s", "system"), asking("b")])) == [
        "mine", "theirs",
    ]  # fmt: skip


def test_a_file_beside_that_is_no_store_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "note.rlm.db").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"note\.rlm\.db holds something else"):
        Store.open(path, beside=tmp_path / "note.rlm.db")


# To look at, and to prune


def test_a_store_tells_what_it_holds_of_each_model(store: Store) -> None:
    put(store, entry("a", usd=0.5), entry("b"), entry("a", model="openai/b", usd=0.25))
    found = store.run(holdings).result()
    assert found == [Holding("openai/b", 1, 0.25, 0), Holding(MODEL, 2, 0.5, 1)]


def test_entries_are_found_by_their_text_the_latest_first(store: Store) -> None:
    put(
        store,
        entry('the 50% quote "x"\nand a line', created=1.0),
        entry("b", "of 50% here", created=2.0),
        entry("500", created=3.0),
    )

    def found(text: str, most: int = 10) -> list[float]:
        return [it.created for it in store.run(lambda it: latest(it, text, most)).result()]

    assert found("") == [3.0, 2.0, 1.0]
    assert found("", 1) == [3.0]
    assert found("50%") == [2.0, 1.0]
    assert found('"x"\nand') == [1.0]


def test_an_entry_is_found_by_the_start_of_its_key(store: Store) -> None:
    said = [asking("be brief", "system"), asking("a")]
    put(store, entry(said), entry("b"))
    [found] = store.run(lambda it: beginning_with(it, entry(said).key[:8], 9)).result()
    assert (found.key, list(found.messages)) == (entry(said).key, said)
    assert len(store.run(lambda it: beginning_with(it, "", 9)).result()) == 2


def test_pruning_removes_what_was_not_used_since(store: Store) -> None:
    put(store, entry("a", used=100.0), entry("b", used=200.0), entry("c", used=100.0, model="m"))
    assert store.run(lambda it: prune(it, unused_since=150.0, model=MODEL)).result() == 1
    assert counts(store) == {"entry": 2, "message": 2}
    assert store.run(lambda it: prune(it, unused_since=150.0)).result() == 1
    assert replies(store, entry("b")) == ["yes"]
    assert store.run(prune).result() == 1
    assert counts(store) == {"entry": 0, "message": 0}


def test_a_store_that_is_pruned_takes_less_room(store: Store, path: Path) -> None:
    put(store, *(entry(f"{n}" + "x" * 10_000) for n in range(100)))
    store.run(prune).result()
    assert sum(it.stat().st_size for it in path.parent.glob("store.db*")) < 200_000


# A replay that leaves its recording


def told(store: Store, messages: list[Message], **chosen: Any) -> str:
    model, parameters = chosen.get("model", MODEL), chosen.get("parameters", {})
    return divergence(store, model, messages, parameters, "the root request of step 2")


REMEDY = " To ask for what isn't recorded, set cache to 'on' (in a cell: --cache on)."
MISSING = "The store holds no reply to the root request of step 2"


def test_a_model_that_was_never_recorded_is_named(store: Store) -> None:
    put(store, entry("a", model="openai/other"))
    assert told(store, [asking("a")]) == f"{MISSING}, nor any other of {MODEL}.{REMEDY}"


def test_the_place_where_a_message_differs_is_shown(store: Store) -> None:
    start = [asking("be brief", "system"), asking("How many?"), asking("```code```", "assistant")]
    put(store, entry([*start, asking("The shape is\n(1204, 3), and that is all.")]))
    now = [*start, asking("The shape is\n(1205, 3), and that is all.")]
    assert told(store, now) == (
        f"{MISSING}: message 4 (user), line 2, character 5: recorded was "
        "'The shape is\\n(1204, 3), and that is all.', now it is "
        f"'The shape is\\n(1205, 3), and that is all.'.{REMEDY}"
    )


def test_long_messages_are_shown_around_the_difference(store: Store) -> None:
    put(store, entry("x" * 100 + "\n" + "a" * 100))
    assert told(store, [asking("x" * 100 + "\n" + "a" * 50 + "b" * 50)]) == (
        f"{MISSING}: line 2, character 51: recorded was "
        f"…'{'a' * 60}'…, now it is …'{'a' * 20}{'b' * 40}'….{REMEDY}"
    )


def test_of_many_prompts_the_most_similar_one_is_compared(store: Store) -> None:
    put(store, *(entry(f"Chunk {n}: text of {'abcdefghij'[n]} and no other") for n in range(10)))
    text = told(store, [asking("Chunk 7: text of h and no others")])
    assert "line 1, character 32: recorded was …'" in text
    assert "h and no other'," in text


def test_what_another_model_was_asked_is_not_compared(store: Store) -> None:
    put(store, entry("one"), entry("two!", model="openai/other"))
    assert "recorded was 'one', now it is 'two'" in told(store, [asking("two")])


def test_a_conversation_that_goes_on_longer_is_told(store: Store) -> None:
    put(store, entry("a"))
    assert told(store, [asking("a"), asking("b", "assistant")]) == (
        f"{MISSING}: the recorded conversation ends before message 2 (assistant), 'b'.{REMEDY}"
    )


def test_another_parameter_is_told(store: Store) -> None:
    put(store, entry("a", parameters={"temperature": 0, "max_tokens": 5}))
    parameters = {"temperature": 0, "max_tokens": 9, "seed": 1}
    assert told(store, [asking("a")], parameters=parameters) == (
        f"{MISSING}: it was recorded with other parameters (max_tokens: 5 then, 9 now; seed: not "
        f"set then, 1 now).{REMEDY}"
    )


def test_another_sample_of_the_same_prompt_is_told(store: Store) -> None:
    put(store, entry("a", sample=0))
    text = told(store, [asking("a")])
    assert "fewer replies to the same prompt are recorded than are asked for" in text


def test_a_step_that_was_removed_is_told(store: Store) -> None:
    put(store, entry([asking("a"), asking("b")]))
    assert "it was removed, and only what was said later is there" in told(store, [asking("a")])


def test_another_role_is_told(store: Store) -> None:
    put(store, entry([asking("a", "system")]))
    assert "with the same text, was recorded as system" in told(store, [asking("a", "user")])


def test_another_picture_is_told(store: Store) -> None:
    put(store, entry(picture("A" * 5_000)))
    assert "recorded was …'" in told(store, picture("B" * 5_000))


def test_the_file_beside_is_compared_too(store: Store, tmp_path: Path) -> None:
    put(store, entry([asking("s", "system"), asking("one")]))
    exported(store, tmp_path / "note.rlm.db", entry([asking("s", "system"), asking("one")]))
    other = Store.open(tmp_path / "other.db", beside=tmp_path / "note.rlm.db")
    put(other, entry("s"))
    assert "recorded was 'one', now it is 'two'" in told(
        other, [asking("s", "system"), asking("two")]
    )


def test_threads_share_a_store(store: Store) -> None:
    def work(name: str) -> None:
        put(store, *(entry(f"{name} {n}") for n in range(50)))

    threads = [threading.Thread(target=work, args=[name]) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    many = [entry(f"{name} {n}") for name in "abcdefgh" for n in range(50)]
    assert replies(store, *many) == ["yes"] * 400
