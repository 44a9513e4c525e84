"""Crews on PostgreSQL for end-to-end tests, and the long form of their test."""
import json
import signal
import time

import proof
from conftest import Gateway, Reeltally
from postgres import PATIENCE, Postgres

LEASE = ["--lease", "5s"]  # short, but a busy machine keeps it


class Crew:
    """A new ledger, and runs on it that share its work."""

    def __init__(self, server, reeltally):
        self.server, self.reeltally, self.runs, self.gateways = server, reeltally, [], []
        self.database = server.database()
        self.use(server.url(self.database))
        assert reeltally("db", "migrate").code == 0

    def use(self, url):
        self.reeltally.env["REELTALLY_DB"] = url

    def sql(self, query):
        return self.server.sql(self.database, query)

    def start(self, gateway, *arguments, runs=1):
        """Starts runs, each once the one before has joined."""
        self.gateways += [gateway] if gateway not in self.gateways else []
        for _ in range(runs):
            self.runs.append(self.reeltally.start("run", *self.reeltally.flags(gateway), "--crew", "night", *LEASE, *arguments))
            self.wait_until(lambda: len(self.sql("SELECT run FROM runner")) == len(self.runs))
        return self.runs

    def wait_until(self, is_so, patience=PATIENCE):
        until = time.monotonic() + patience
        while not is_so():
            assert time.monotonic() < until and any(run.poll() is None for run in self.runs), self.finish()
            time.sleep(0.02)

    def wait_for_answers(self, run, count):
        self.wait_until(lambda: int(self.sql(f"SELECT count(*) FROM snapshot WHERE run = {run}")[0][0]) >= count)

    def shown(self):
        """What `status --crew` tells of each run."""
        shown = self.reeltally("status", "--crew", "night", "--json")
        assert shown.code == 0, shown
        return [json.loads(line) for line in shown.out.splitlines()]

    def finish(self):
        return [self.reeltally.finish(run) for run in self.runs]

    def close(self):
        for run in self.runs:
            if run.poll() is None:
                run.kill()
                run.wait(PATIENCE)

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
        every = self.reeltally.folder / "every.csv"
        span = ["--from", "2000-01-01", "--to", "2100-01-01", "-o", every]
        assert self.reeltally("report", *span, "--db", self.server.url(self.database)).code == 0
        ids = [name for name, in self.sql("SELECT task_id FROM task WHERE state IN (1, 2)")]
        proof.prove(self.reeltally, *self.gateways, ledger=copy, ids=ids, exports=[every])


def lists(reeltally, failing, videos):
    """A CSV file with so many tasks of each kind, mixed by ID, and the gateway's plan for them."""
    every = failing // max(videos, 1)
    ids = [f"t{n:05}" for n in range(failing)] + [f"t{n * every:05}v" for n in range(videos)]
    plan = {"tasks": {name: {"polls": ["success"], "video": {"size": 20000}} for name in ids[failing:]},
            "default": {"polls": ["failure"]}}
    return reeltally.csv(*sorted(ids)), plan


ROUND_MAX = 1800  # seconds; far beyond what a round takes


def play_round(server, folder, dice, failing=25000, videos=5000):
    """Three runs, of which one is killed at a random moment; the server crashes twice in every other round."""
    reeltally = Reeltally(folder)
    path, plan = lists(reeltally, failing, videos)
    gateway = Gateway(folder, plan, lifetime=2 * ROUND_MAX)
    crew = Crew(server, reeltally)
    try:
        crew.start(gateway, "--concurrency", "32", path, runs=3)
        victim = dice.randrange(3)
        moments = sorted(dice.randrange(failing // 2) for _ in range(3))
        crashes = dice.random() < 0.5
        for number, answers in enumerate(moments):
            crew.wait_until(lambda: int(crew.sql("SELECT count(*) FROM snapshot")[0][0]) >= answers, ROUND_MAX)
            if number == 1:
                crew.runs[victim].kill()
            elif crashes:
                server.stop_at_once()
                server.start()
        for run in crew.runs:
            run.wait(ROUND_MAX)
        results = crew.finish()
        wanted = [-signal.SIGKILL if run == victim else 0 for run in range(3)]
        assert [result.code for result in results] == wanted, results
        crew.expect_done(failing + videos, videos)
    finally:
        crew.close()
        gateway.close()


def play_rounds(folder, dice, count, tell):
    server = Postgres()
    try:
        for number in range(count):
            place = folder / f"round{number}"
            place.mkdir()
            play_round(server, place, dice)
            tell(f"{number + 1} of {count} crews")
    finally:
        server.close()
