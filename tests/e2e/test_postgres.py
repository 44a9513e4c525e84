"""Runs whose ledger is on PostgreSQL: alone, beside each other, killed, and through a restart of the server."""
import csv
import io
import json
import re
import signal
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


@pytest.fixture
def ledger(server, reeltally):
    """A new ledger; `reeltally` works on it."""
    name = server.database()
    reeltally.env["REELTALLY_DB"] = server.url(name)
    assert reeltally("db", "migrate").code == 0
    return lambda query: server.sql(name, query)


def holds_together(ledger):
    """Nothing is open, numbers have no gap, each video has one file."""
    assert ledger("SELECT max(id) - count(*), min(id) FROM snapshot") == [("0", "1")]
    assert ledger("SELECT count(*) FROM work WHERE settled = 0") == [("0",)]
    assert ledger("SELECT count(*) FROM video WHERE state <> 1") == [("0",)]
    assert ledger("SELECT count(*) - count(DISTINCT path) FROM video") == [("0",)]


def test_a_ledger_must_be_made_first(server, reeltally, make_gateway):
    reeltally.env["REELTALLY_DB"] = server.url(server.database())
    result = reeltally.run(make_gateway(), reeltally.csv("a"))
    assert result.code == 10 and "db migrate" in result.err, result


def test_a_crew_needs_a_server(reeltally, make_gateway):
    result = reeltally.run(make_gateway(), "--crew", "night", reeltally.csv("a"))
    assert result.code == 2 and "--crew needs a ledger on PostgreSQL" in result.err, result
    assert not reeltally.ledger.exists()


def test_the_main_job(ledger, reeltally, make_gateway):
    tasks = {f"t{i}": {"video": {"size": 20000}} for i in range(40)}
    gateway = make_gateway(tasks=tasks)
    result = reeltally.run(gateway, reeltally.csv(*tasks))
    assert result.code == 0, result
    assert result.summary["succeeded"] == 40 and result.summary["videos_downloaded"] == 40
    assert ledger("SELECT state, count(*) FROM task GROUP BY state") == [("1", "40")]
    holds_together(ledger)
    assert reeltally.files() == sorted(f"{task}.mp4" for task in tasks)
    assert ledger("SELECT exit_code FROM run WHERE finished_at IS NOT NULL") == [("0",)]
    again = reeltally.run(gateway, reeltally.csv(*tasks))
    assert again.code == 0 and again.summary["requests"] == 0, again


def test_the_rest_is_asked_by_the_next_run(ledger, reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["IN_PROGRESS", "success"]}, "b": {"polls": ["failure"]}})
    assert reeltally.run(gateway, reeltally.csv("a", "b")).code == 0
    assert ledger("SELECT task_id, state FROM v_task ORDER BY 1") == [("a", "unfinished"), ("b", "failed")]
    result = reeltally.run(gateway, "--pending")
    assert result.code == 0, result
    assert ledger("SELECT task_id, state FROM v_task ORDER BY 1") == [("a", "succeeded"), ("b", "failed")]


def test_a_killed_run_is_followed_at_once(ledger, reeltally, make_gateway):
    tasks = {f"t{i}": {"video": {"size": 20000}} for i in range(120)}
    gateway = make_gateway(tasks=tasks, latency_ms=5)
    process = reeltally.start("run", *reeltally.flags(gateway), reeltally.csv(*tasks))
    until = time.monotonic() + PATIENCE
    while len(gateway.queries()) < 30:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    reeltally.finish(process)
    result = reeltally.run(gateway, reeltally.csv(*tasks))
    assert result.code == 0, result
    assert ledger("SELECT state, count(*) FROM task GROUP BY state") == [("1", "120")]
    holds_together(ledger)
    assert len(reeltally.files()) == 120


def started(reeltally, ledger, gateway, runs, *arguments):
    process = reeltally.start("run", *reeltally.flags(gateway), *arguments)
    until = time.monotonic() + PATIENCE
    while int(ledger("SELECT count(*) FROM runner")[0][0]) < runs:
        assert process.poll() is None and time.monotonic() < until, reeltally.finish(process)
        time.sleep(0.02)
    return process


def test_a_second_run_exits_11_or_waits(ledger, reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=300)
    first = started(reeltally, ledger, gateway, 1, "--concurrency", "1", reeltally.csv(*(f"t{i}" for i in range(10))))
    refused = reeltally.run(gateway, reeltally.csv("t1"))
    assert refused.code == 11 and "--crew" in refused.err, refused
    waited = reeltally.run(gateway, "--lock-wait", "50s", reeltally.csv("t1"))
    assert reeltally.finish(first).code == 0
    assert waited.code == 0, waited


def test_a_crew_shares_the_list_and_survives_a_death(ledger, reeltally, make_gateway):
    videos = {f"v{i}": {"polls": ["success"], "video": {"size": 20000}} for i in range(60)}
    gateway = make_gateway(tasks=videos, default={"polls": ["failure"]}, latency_ms=5)
    # Each takes pages of 1,024 tasks, so that the third one has some, too; keys follow the IDs' order.
    ids = [f"a{i:04}" if i % 40 else f"v{i // 40}" for i in range(2400)]
    crew = ["--crew", "night", *LEASE, "--concurrency", "4", reeltally.csv(*ids)]
    runs = [started(reeltally, ledger, gateway, n + 1, *crew) for n in range(3)]
    until = time.monotonic() + PATIENCE
    while int(ledger("SELECT count(*) FROM snapshot WHERE run = 2")[0][0]) < 20:
        assert time.monotonic() < until
        time.sleep(0.02)
    runs[1].kill()
    reeltally.finish(runs.pop(1))
    results = [reeltally.finish(run) for run in runs]
    assert [result.code for result in results] == [0, 0], results
    assert ledger("SELECT count(*), count(last_snapshot) FROM task WHERE state IN (1, 2)") == [("2400", "2400")]
    holds_together(ledger)
    assert reeltally.files() == sorted(f"{video}.mp4" for video in videos)
    assert ledger("SELECT run FROM runner WHERE lost = 1") == [("2",)]


def test_a_paused_run_ends_when_its_lease_was_given_away(ledger, reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=20)
    crew = ["--crew", "night", *LEASE, "--concurrency", "2", reeltally.csv(*(f"t{i}" for i in range(1500)))]
    paused = started(reeltally, ledger, gateway, 1, *crew)
    other = started(reeltally, ledger, gateway, 2, *crew)
    until = time.monotonic() + PATIENCE
    while int(ledger("SELECT count(*) FROM snapshot WHERE run = 1")[0][0]) < 10:
        assert time.monotonic() < until
        time.sleep(0.02)
    paused.send_signal(signal.SIGSTOP)
    while ledger("SELECT lost FROM runner WHERE run = 1") != [("1",)]:
        assert time.monotonic() < until
        time.sleep(0.05)
    written = ledger("SELECT count(*) FROM snapshot WHERE run = 1")
    paused.send_signal(signal.SIGCONT)
    result = reeltally.finish(paused)
    assert result.code == 1 and "took its place" in result.err, result
    assert ledger("SELECT count(*) FROM snapshot WHERE run = 1") == written
    assert reeltally.finish(other).code == 0
    assert ledger("SELECT state, count(*) FROM task GROUP BY state") == [("2", "1500")]
    assert ledger("SELECT count(*) FROM work WHERE settled = 0") == [("0",)]


def test_a_restart_of_the_server_is_waited_for(server, ledger, reeltally, make_gateway):
    tasks = {f"t{i}": {"polls": ["failure"]} for i in range(600)}
    gateway = make_gateway(tasks=tasks, latency_ms=5)
    process = started(reeltally, ledger, gateway, 1, "--concurrency", "2", reeltally.csv(*tasks))
    until = time.monotonic() + PATIENCE
    for asked in (50, 250):
        while len(gateway.queries()) < asked:
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.02)
        server.stop_at_once()
        server.start()
    result = reeltally.finish(process)
    assert result.code == 0, result
    assert ledger("SELECT state, count(*) FROM task GROUP BY state") == [("2", "600")]
    assert ledger("SELECT max(id) - count(*) FROM snapshot") == [("0",)]
    assert json.loads(result.out.splitlines()[-1])["requests"] == 600


def test_what_goes_with_a_run(ledger, reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "b": {"polls": ["failure"]}})
    metrics, status = reeltally.folder / "m.prom", reeltally.folder / "s.json"
    rows = reeltally.csv("a,North", "b,South", header="task_id,customer")
    result = reeltally.run(gateway, "--sidecar", "--metrics-file", metrics, "--status-file", status, rows)
    assert result.code == 0 and json.loads(status.read_text())["exit_code"] == 0, result
    sidecar = json.loads((reeltally.videos / "a.mp4.json").read_text())
    assert ledger("SELECT encode(sha256, 'hex'), bytes FROM video") == [(sidecar["sha256"], str(sidecar["bytes"]))]
    assert sidecar["labels"] == {"customer": "North"} and sidecar["file"] == "a.mp4"
    text = metrics.read_text()
    assert 'reeltally_tasks{state="succeeded"} 1' in text and 'reeltally_tasks{state="failed"} 1' in text, text
    whole = reeltally("verify", "--deep", "--json")
    assert whole.code == 0 and json.loads(whole.out)["whole"] == 1, whole
    (reeltally.videos / "a.mp4").write_bytes(b"x")
    assert reeltally("verify").code == 3


AGO = 40 * 86400  # so that all that is finished lies in a month that is over
MONTH = time.strftime("%Y-%m", time.gmtime(time.time() - AGO))


@pytest.fixture
def roles(server, ledger, reeltally):
    """Runs a command as a login that has a role of docs/roles.sql alone."""
    owner = reeltally.env["REELTALLY_DB"]
    database = re.search(r"/(\w+)\?", owner)[1]
    server.psql(database, (ROOT / "docs/roles.sql").read_text())
    for role in ("runner", "closer", "reporter"):
        server.psql(database, f"CREATE ROLE {role} LOGIN; GRANT reeltally_{role} TO {role}")
    yield lambda role, *arguments: reeltally(*arguments, "--db", owner.replace("owner@", f"{role}@"))
    server.psql(database, "DROP ROLE runner, closer, reporter")


def test_each_role_does_its_work_and_no_more(server, roles, reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse", "polls": ["success"]}}, default={"polls": ["failure"]})
    gateway.set_clock(-AGO)
    rows, prices, log = reeltally.csv("a,m", "b,m", header="task_id,model"), reeltally.folder / "prices.csv", reeltally.folder / "log.csv"
    prices.write_text("model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nm,second,,,0.9,CNY,,\n")
    run, close = ["run", *reeltally.flags(gateway), "--no-download", rows], ["close", MONTH, "--prices", prices]
    forget, prune = ["forget", "--failed-import", "1"], ["db", "prune", "--older-than", "0", "--yes"]

    def refuses(role, *commands):
        for command in commands:
            result = roles(role, *command)
            assert result.code == 1 and "permission denied" in result.err and result.out == "", result
    refuses("reporter", run)
    refuses("closer", run)
    assert not gateway.queries()
    assert roles("runner", *run).code == 0
    refuses("runner", close, forget, prune)
    refuses("reporter", close, forget, prune)
    refuses("closer", forget, prune)
    assert roles("closer", *close).code == 0
    report = [roles(role, "report", "--period", MONTH) for role in ("reporter", "closer", "runner", "owner")]
    assert {(one.code, one.out) for one in report} == {(0, report[0].out)} and report[0].out.count("\n") == 3, report
    billed, = (line for line in csv.DictReader(io.StringIO(report[0].out)) if line["task_id"] == "a")
    assert float(billed["cost"]) > 0
    log.write_text(f"task_id,cost,currency\na,{billed['cost']},CNY\nb,0,CNY\n")
    same = roles("reporter", "reconcile", log, "--period", MONTH)
    assert same.code == 0 and same.out == "result,task_id,ours,theirs\n", same
    log.write_text(f"task_id,cost,currency\na,{float(billed['cost']) + 1},CNY\n")
    assert roles("reporter", "reconcile", log, "--period", MONTH).out.splitlines()[1].startswith("different,a,")
    pool = Pgbouncer(server)
    try:
        pooled = reeltally("report", "--period", MONTH, "--db", reeltally.env["REELTALLY_DB"].replace(str(server.folder), str(pool.folder)))
    finally:
        pool.close()
    assert (pooled.code, pooled.out) == (0, report[0].out), pooled
    assert json.loads(roles("owner", *prune, "--json").out)["tasks"] >= 1
