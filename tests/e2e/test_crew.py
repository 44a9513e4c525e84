"""Crews on PostgreSQL: their work, and faults: a killed run, lost answers to COMMIT, lost commits, a pooler, roles, a rate."""
import contextlib
import json
import random
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import KEY, ROOT
from crews import Crew, lists
from postgres import Pgbouncer, Postgres


@pytest.fixture(scope="module")
def server():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def crew(server, reeltally):
    made = Crew(server, reeltally)
    yield made
    made.close()


class CommitCutter:
    """A proxy that breaks every `every`-th connection at its COMMIT: after the server has done it, or before it is sent."""

    def __init__(self, server, every, done):
        self.every, self.done, self.commits, self.cuts = every, done, 0, 0
        self.lock = threading.Lock()
        self.real = str(server.folder / ".s.PGSQL.5432")
        self.folder = server.parent / "cut"
        self.folder.mkdir()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def is_to_cut(self, message):
        with self.lock:
            self.commits += b"COMMIT\0" in message
            cut = b"COMMIT\0" in message and self.commits % self.every == 0
            self.cuts += cut
            return cut

    def serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.real)
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if server in ready:
                    client.sendall(received(server))
                if client in ready:
                    message = received(client)
                    if not self.is_to_cut(message):
                        server.sendall(message)
                    elif self.done:
                        server.sendall(message)
                        received(server)  # the answer, which is lost
                        break
                    else:
                        break
        except OSError:
            pass
        client.close()
        server.close()

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder)


def received(end):
    message = end.recv(65536)
    if not message:
        raise OSError("closed")
    return message


def test_three_runs_share_the_work_and_one_dies(crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 1250, 250)
    crew.start(make_gateway(latency_ms=20, **plan), "--concurrency", "4", "--metrics-file", "crew.prom", path, runs=3)
    crew.wait_for_answers(2, random.randint(1, 150))
    crew.runs[1].kill()
    running = crew.shown()
    assert [run["run_id"] for run in running] == [1, 2, 3] and "ended" not in [run["state"] for run in running], running
    assert running[1]["open_tasks"] > 0 and running[1]["answers"] > 0
    results = crew.finish()
    assert [result.code for result in results] == [0, -signal.SIGKILL, 0], results
    crew.expect_done(1500, 250)
    ended = crew.shown()
    assert [(run["state"], run["exit_code"], run["open_tasks"], run["open_videos"]) for run in ended] == \
        [("ended", 0, 0, 0), ("lost", None, 0, 0), ("ended", 0, 0, 0)], ended
    assert sum(run["answers"] for run in ended) == 1500 and min(run["answers"] for run in ended) > 0
    for run in 0, 2:  # each tells its own work, and that of the dead run's videos
        assert results[run].summary["requests"] == ended[run]["answers"] <= results[run].summary["tasks"], results[run]
    assert 1500 - running[1]["answers"] - 8 <= sum(results[run].summary["tasks"] for run in (0, 2)) <= 1500
    assert sum(results[run].summary["videos_downloaded"] for run in (0, 2)) <= 250
    told = reeltally("status", "--crew", "night")
    assert told.code == 0 and told.out.splitlines()[-1].split()[:2] == ["all", "1500"], told
    metrics = (reeltally.folder / "crew.prom").read_text()
    assert 'reeltally_crew_run_alive{run="2"} 0' in metrics and f'_answers{{run="2"}} {ended[1]["answers"]}\n' in metrics
    assert reeltally("status", "--crew", "day").code == 3


def test_a_short_list_is_shared(crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 600, 0)
    crew.start(make_gateway(latency_ms=50, **plan), "--concurrency", "4", path, runs=3)
    results = crew.finish()
    assert [result.code for result in results] == [0, 0, 0], results
    assert min(run["answers"] for run in crew.shown()) > 60
    crew.expect_done(600, 0)


def test_closing_beside_runs_loses_nothing(crew, reeltally, make_gateway):
    path, _ = lists(reeltally, 400, 0)
    gateway = make_gateway(latency_ms=20, default={"vendor": "happyhorse"})
    ago = 40 * 86400
    gateway.set_clock(-ago)
    month, following = (time.strftime("%Y-%m", time.gmtime(time.time() - ago + days * 86400)) for days in (0, 31))
    crew.start(gateway, "--concurrency", "4", "--no-download", path, runs=2)
    crew.wait_for_answers(1, 20)
    closed = reeltally("close", month, "--force", "--json")
    assert closed.code == 0, closed
    results = crew.finish()
    assert [result.code for result in results] == [0, 0], results
    first, late = (reeltally("report", "--period", period, "--json") for period in (month, following))
    assert first.code == 0 and late.code == 0, (first, late)
    names = [[json.loads(line)["task_id"] for line in report.out.splitlines() if '"task_id"' in line] for report in (first, late)]
    assert 0 < len(names[0]) < 400 and sorted(names[0] + names[1]) == [f"t{n:05}" for n in range(400)]
    assert json.loads(closed.out)["lines"] == len(names[0])


@pytest.mark.parametrize("done", [True, False], ids=["done", "not-done"])
def test_a_commit_whose_answer_is_lost_is_done_once(server, crew, reeltally, make_gateway, done):
    cutter = CommitCutter(server, 3, done)
    try:
        crew.use(server.url(crew.database, host=cutter.folder))
        path, plan = lists(reeltally, 600, 30)
        crew.start(make_gateway(latency_ms=20, **plan), "--concurrency", "8", path, runs=2)
        results = crew.finish()
    finally:
        cutter.close()
    assert [result.code for result in results] == [0, 0], results
    assert cutter.cuts >= 10
    assert sum(result.summary["requests"] for result in results) == 630
    crew.expect_done(630, 30)


def test_commits_lost_in_a_failover_end_the_run(server, crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 400, 0)
    crew.start(make_gateway(latency_ms=20, **plan), "--concurrency", "2", path)
    data, standby = server.folder / "data", server.folder / "standby"
    crew.wait_for_answers(1, 20)
    server.stop_at_once()
    subprocess.run(["cp", "-a", data, standby], check=True)  # a standby that lags behind
    server.start()
    crew.wait_for_answers(1, 100)
    server.stop_at_once()
    shutil.rmtree(data)
    standby.rename(data)
    server.start()
    result = crew.finish()[0]
    assert result.code == 1 and "lost what it had acknowledged" in result.err, result
    crew.gateways.append(make_gateway(**plan))
    again = reeltally.run(crew.gateways[-1], path)  # what was lost is asked again
    assert again.code == 0, again
    crew.expect_done(400, 0)


def test_a_server_that_is_away_when_the_hooks_end_is_waited_for(server, crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 6, 2)
    hook = reeltally.folder / "hook"
    hook.write_text(f'#!/bin/sh\ncd {reeltally.folder}\ntouch waits\nwhile [ ! -e go ]; do sleep 0.1; done\n')
    hook.chmod(0o755)
    crew.start(make_gateway(**plan), "--sidecar", "--exec", hook, path)
    crew.wait_until(lambda: (reeltally.folder / "waits").exists() and
                    crew.sql("SELECT count(*) FROM video WHERE state = 1") == [("2",)])
    server.stop_at_once()
    (reeltally.folder / "go").touch()
    with contextlib.suppress(subprocess.TimeoutExpired):  # it looks for missing sidecars meanwhile
        crew.runs[0].wait(2)
    server.start()
    result = crew.finish()[0]
    assert result.code == 0 and len(reeltally.files()) == 4, result


def test_a_crew_works_through_a_transaction_pooler(server, crew, reeltally, make_gateway):
    pooler = Pgbouncer(server)
    try:
        crew.use(server.url(crew.database, host=pooler.folder))
        path, plan = lists(reeltally, 600, 30)
        crew.start(make_gateway(latency_ms=10, **plan), "--concurrency", "4", path, runs=2)
        results = crew.finish()
    finally:
        pooler.close()
    assert [result.code for result in results] == [0, 0], results
    crew.expect_done(630, 30)


def test_a_run_needs_the_role_of_a_runner(server, crew, reeltally, make_gateway):
    server.psql(crew.database, (ROOT / "docs/roles.sql").read_text())
    for user, role in (("nightly", "runner"), ("reader", "reporter")):
        server.psql(crew.database, f"CREATE ROLE {user} LOGIN; GRANT reeltally_{role} TO {user}")
    path, plan = lists(reeltally, 60, 6)
    gateway = make_gateway(**plan)
    crew.use(server.url(crew.database, user="reader"))
    refused = reeltally.run(gateway, "--crew", "night", path)
    assert refused.code == 1 and "permission denied" in refused.err and not gateway.queries(), refused
    crew.use(server.url(crew.database, user="nightly"))
    crew.start(gateway, path)
    assert [result.code for result in crew.finish()] == [0]
    crew.expect_done(66, 6)


def test_a_run_that_sleeps_for_three_leases_writes_nothing_more(crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 1500, 30)
    gateway = make_gateway(latency_ms=20, **plan)
    crew.start(gateway, "--concurrency", "2", path, runs=2)
    crew.wait_for_answers(1, 10)
    crew.runs[0].send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    crew.wait_until(lambda: crew.sql("SELECT lost FROM runner WHERE run = 1") == [("1",)] and time.monotonic() - begin > 15)
    written = crew.sql("SELECT count(*), max(id) FROM snapshot WHERE run = 1")
    crew.runs[0].send_signal(signal.SIGCONT)
    results = crew.finish()
    assert results[0].code == 1 and "took its place" in results[0].err, results
    assert crew.sql("SELECT count(*), max(id) FROM snapshot WHERE run = 1") == written
    assert results[1].code == 0, results
    crew.expect_done(1530, 30)


def most_in(times, seconds):
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_a_crew_keeps_its_rate_when_a_run_dies(crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 1800, 0)
    gateway = make_gateway(**plan)
    crew.start(gateway, "--rate", "200", "--concurrency", "50", path, runs=3)
    crew.wait_until(lambda: [row for row in crew.sql("SELECT share FROM runner ORDER BY run") if int(row[0]) >= 66] != [] and
                    len(crew.sql("SELECT DISTINCT run FROM snapshot")) == 3)
    assert sum(int(share) for share, in crew.sql("SELECT share FROM runner")) <= 200
    crew.runs[1].kill()
    results = crew.finish()
    assert [result.code for result in results] == [0, -signal.SIGKILL, 0], results
    crew.expect_done(1800, 0)
    # A busy machine may note a query this much later than it was sent.
    late = 0.25
    times = sorted(query["t"] for query in gateway.queries())
    for seconds in (1, 2, 4):
        assert most_in(times, seconds) <= 200 * (seconds + late)
    assert times[-1] - times[0] < 60, "what the dead run had goes to the others"


def test_a_run_without_the_account_of_a_task_says_so_and_leaves_it(crew, reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS", "success"], "video": {"size": 20000}})
    (reeltally.folder / "config.toml").write_text('[account.studio]\napi-key-file = "key"\n')
    key = reeltally.folder / "key"
    key.write_text(KEY)
    key.chmod(0o600)
    path = reeltally.csv(*(f"t{number}" for number in range(200)))
    slowly = ["--rate", "60", "--wait", "--poll-interval", "1s"]  # some tasks are free when the second run joins
    crew.start(gateway, *slowly, "--config", "config.toml", "--account", "studio", path)
    crew.start(gateway, *slowly, "--pending")
    with_it, without = crew.finish()
    assert with_it.code == 0, with_it
    assert without.code == 1 and "of an account that this run does not have" in without.err, without
    crew.expect_done(200, 200)
