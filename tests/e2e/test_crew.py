"""Crews on PostgreSQL through faults: lost answers to COMMIT, lost commits, a pooler, restricted roles, and a shared rate."""
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import ROOT
from postgres import PATIENCE, Pgbouncer, Postgres

LEASE = ["--lease", "5s"]  # short, but a busy machine keeps it


@pytest.fixture(scope="module")
def server():
    made = Postgres()
    yield made
    made.close()


class Crew:
    """A new ledger, and runs on it that share its work."""

    def __init__(self, server, reeltally):
        self.server, self.reeltally, self.runs = server, reeltally, []
        self.database = server.database()
        self.use(server.url(self.database))
        assert reeltally("db", "migrate").code == 0

    def use(self, url):
        self.reeltally.env["REELTALLY_DB"] = url

    def sql(self, query):
        return self.server.sql(self.database, query)

    def start(self, gateway, *arguments, runs=1):
        """Starts runs, each once the one before has joined."""
        for _ in range(runs):
            self.runs.append(self.reeltally.start("run", *self.reeltally.flags(gateway), "--crew", "night", *LEASE, *arguments))
            self.wait_until(lambda: len(self.sql("SELECT run FROM runner")) == len(self.runs))
        return self.runs

    def wait_until(self, is_so):
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until and any(run.poll() is None for run in self.runs), self.finish()
            time.sleep(0.02)

    def wait_for_answers(self, run, count):
        self.wait_until(lambda: int(self.sql(f"SELECT count(*) FROM snapshot WHERE run = {run}")[0][0]) >= count)

    def finish(self):
        return [self.reeltally.finish(run) for run in self.runs]

    def expect_done(self, tasks, videos):
        """One final answer per task, numbers without a gap, one file per video, nothing open; and a copy passes the check."""
        assert self.sql("SELECT count(*), count(final_snapshot) FROM task WHERE state IN (1, 2)") == [(str(tasks), str(tasks))]
        assert self.sql("SELECT count(*) FROM (SELECT task FROM snapshot AS s JOIN outcome AS o ON o.id = s.outcome "
                        "WHERE o.verdict IN (1, 2) GROUP BY task HAVING count(*) > 1) AS twice") == [("0",)]
        assert self.sql("SELECT max(id) - count(*), min(id) FROM snapshot") == [("0", "1")]
        assert self.sql("SELECT count(*) FROM work WHERE settled = 0") == [("0",)]
        assert self.sql("SELECT count(*), count(DISTINCT path), count(*) FILTER (WHERE state = 1) FROM video") == [(str(videos),) * 3]
        assert len(self.reeltally.files()) == videos
        copy = self.reeltally.folder / "copy.db"
        assert self.reeltally("db", "backup", copy, "--db", self.server.url(self.database)).code == 0
        checked = self.reeltally("db", "check", "--db", copy)
        assert checked.code == 0, checked


@pytest.fixture
def crew(server, reeltally):
    made = Crew(server, reeltally)
    yield made
    for run in made.runs:
        if run.poll() is None:
            run.kill()
            run.wait(PATIENCE)


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


def lists(reeltally, failing, videos):
    """A CSV file with so many tasks of each kind, mixed by ID, and the gateway's plan for them."""
    every = failing // max(videos, 1)
    ids = [f"t{n:05}" for n in range(failing)] + [f"t{n * every:05}v" for n in range(videos)]
    plan = {"tasks": {name: {"polls": ["success"], "video": {"size": 20000}} for name in ids[failing:]},
            "default": {"polls": ["failure"]}}
    return reeltally.csv(*sorted(ids)), plan


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
    again = reeltally.run(make_gateway(**plan), path)  # what was lost is asked again
    assert again.code == 0, again
    crew.expect_done(400, 0)


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
    crew.start(make_gateway(latency_ms=20, **plan), "--concurrency", "2", path, runs=2)
    crew.wait_for_answers(1, 10)
    crew.runs[0].send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    crew.wait_until(lambda: crew.sql("SELECT lost FROM runner WHERE run = 1") == [("1",)] and time.monotonic() - begin > 15)
    written = crew.sql("SELECT count(*), max(id) FROM snapshot WHERE run = 1")
    crew.runs[0].send_signal(signal.SIGCONT)
    results = crew.finish()
    assert [result.code for result in results] == [1, 0] and "took its place" in results[0].err, results
    assert crew.sql("SELECT count(*), max(id) FROM snapshot WHERE run = 1") == written
    crew.expect_done(1530, 30)


def most_in(times, seconds):
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_a_crew_keeps_its_rate_when_a_run_dies(crew, reeltally, make_gateway):
    path, plan = lists(reeltally, 2600, 0)
    gateway = make_gateway(**plan)
    crew.start(gateway, "--rate", "200", "--concurrency", "50", path, runs=3)
    crew.wait_until(lambda: [row for row in crew.sql("SELECT share FROM runner ORDER BY run") if int(row[0]) >= 66] != [] and
                    len(crew.sql("SELECT DISTINCT run FROM snapshot")) == 3)
    assert sum(int(share) for share, in crew.sql("SELECT share FROM runner")) <= 200
    crew.runs[1].kill()
    results = crew.finish()
    assert [result.code for result in results] == [0, -signal.SIGKILL, 0], results
    crew.expect_done(2600, 0)
    # A busy machine may note a query this much later than it was sent.
    late = 0.25
    times = sorted(query["t"] for query in gateway.queries())
    for seconds in (1, 2, 4):
        assert most_in(times, seconds) <= 200 * (seconds + late)
    assert times[-1] - times[0] < 60, "what the dead run had goes to the others"
