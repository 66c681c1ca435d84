"""One scheduler for the calls of all runs: a bound, turns, and the pace of a model."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.engine import engine, repl
from tests.servers.client import FakeOpenAI

BATCH = "FINAL(llm_query_batched([f'PREFIX {i}' for i in range(COUNT)]))"


def batch(prefix: str, count: int) -> str:
    return repl(BATCH.replace("PREFIX", prefix).replace("COUNT", str(count)))


def together(*runs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_all_runs_together_keep_the_bound(server: FakeOpenAI) -> None:
    server.script([batch("a", 40), batch("b", 40)])
    server.rule(delay=0.01)
    answers: list[object] = []

    def run() -> None:
        answers.append(engine(server, concurrency=8).completion("q").answer)

    together(run, run)
    assert [len(answer) for answer in answers] == [40, 40]  # type: ignore[arg-type]
    assert server.counts()["max_in_flight"] == 8


def test_a_small_run_is_not_held_up_by_a_batch_of_another(server: FakeOpenAI) -> None:
    server.script([batch("many", 300)], model="large")
    server.script([repl("FINAL(llm_query('few'))")], model="small")
    server.rule("many", hold="begun", times=1)
    server.rule("many", delay=0.02)
    done: list[str] = []

    def large() -> None:
        engine(server, "openai/large", concurrency=4).completion("q")

    def small() -> None:
        server.wait_for(held=1)
        server.open("begun")
        done.append(engine(server, "openai/small", concurrency=4).completion("q").answer)

    together(large, small)
    assert done == ["echo: few"]
    order = [request.prompt for request in server.sub_requests()]
    assert order.index("few") < len(order) / 2


def test_a_run_that_wants_few_at_once_is_not_starved_by_one_that_wants_many(
    server: FakeOpenAI,
) -> None:
    server.script([batch("many", 300)], model="large")
    server.script([repl("FINAL(llm_query('few'))")], model="small")
    server.rule("many", hold="begun", times=1)
    server.rule("many", delay=0.02)

    def large() -> None:
        engine(server, "openai/large", concurrency=16).completion("q")

    def small() -> None:
        server.wait_for(held=1)
        server.open("begun")
        assert engine(server, "openai/small", concurrency=2).completion("q").answer == "echo: few"

    together(large, small)
    order = [request.prompt for request in server.sub_requests()]
    assert order.index("few") < len(order) / 2
    assert server.counts()["max_in_flight"] <= 16


def test_one_stray_refusal_does_not_slow_down_the_next_batch(server: FakeOpenAI) -> None:
    server.script([batch("first", 128)])
    server.rule("first 127", status=503, times=1)
    server.rule(reply="ok", delay=0.02)
    rlm = engine(server, concurrency=64)
    assert rlm.completion("q").answer == ["ok"] * 128
    server.reset()
    server.script([batch("next", 300)])
    server.rule(reply="ok", delay=0.02)
    assert rlm.completion("q").answer == ["ok"] * 300
    assert server.counts()["max_in_flight"] >= 40


def test_a_model_that_refuses_gets_fewer_requests_at_once(server: FakeOpenAI) -> None:
    server.script([batch("a", 200)])
    server.configure(limit=4)
    server.rule("a", "ok", delay=0.02)
    result = engine(server, concurrency=64).completion("q")
    assert result.answer == ["ok"] * 200
    statuses = [request.status for request in server.sub_requests()]
    assert statuses[:64].count(429) > statuses[-64:].count(429)


def test_a_server_that_does_one_at_a_time_is_enough(server: FakeOpenAI) -> None:
    server.script([batch("a", 30)])
    server.configure(queue=1)
    server.rule("a", "ok")
    assert engine(server).completion("q").answer == ["ok"] * 30


def test_threads_of_the_code_run_at_full_speed(server: FakeOpenAI) -> None:
    code = """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(32) as pool:
        FINAL(list(pool.map(llm_query, [f"{i}" for i in range(100)])))
    """
    server.script([repl(code)])
    server.rule(reply="ok", hold="all")

    def run() -> None:
        assert engine(server).completion("q").answer == ["ok"] * 100

    def let_go() -> None:
        server.wait_for(in_flight=32)
        server.open("all")

    together(run, let_go)
    assert server.counts()["max_in_flight"] == 32
