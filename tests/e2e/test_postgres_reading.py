"""Ledgers on PostgreSQL: what people read is as on SQLite, and what cannot be done says why."""
import json
import re
import sqlite3

import pytest

from pages import Pages
from postgres import Pgbouncer, Postgres

PASSWORD = "canary-51c0ffee"  # never to be seen anywhere


@pytest.fixture(scope="module")
def server():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture(scope="module")
def pool(server):
    made = Pgbouncer(server)
    yield made
    made.close()


@pytest.fixture
def filled(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse", "video": {"size": 4000}},
                                  "b": {"vendor": "happyhorse", "video": {"size": 4000}},
                                  "bad": {"polls": ["failure"]}, "slow": {"polls": ["IN_PROGRESS"]},
                                  "later": {"polls": ["failure"]}})
    reeltally.gateway = gateway
    reeltally.list = reeltally.csv("a,x \\ y", "b,z", "bad,", "slow,", header="task_id,customer")
    reeltally.run(gateway, reeltally.list)
    reeltally.run(gateway, reeltally.list)
    return reeltally


def migrated(reeltally, server):
    database = server.database()
    result = reeltally("db", "migrate", "--db", server.url(database))
    assert result.code == 0 and "from schema 0 to" in result.err, result
    return database


def copied(reeltally, server, settings=""):
    database = server.database(settings)
    assert reeltally("db", "copy", server.url(database)).code == 0
    return database


def same(reeltally, url, *arguments):
    one, other = reeltally(*arguments), reeltally(*arguments, "--db", url)
    assert (one.code, one.out, one.err) == (other.code, other.out, other.err), arguments
    del reeltally.output[-2:]  # a stored answer is shown as it came, with its links
    return one


@pytest.mark.parametrize("way", ["plain", "serializable", "pooled"])
def test_what_people_read_is_as_on_sqlite(filled, server, pool, way):
    database = copied(filled, server, "default_transaction_isolation = serializable" if way == "serializable" else "")
    url = server.url(database, host=pool.folder if way == "pooled" else None)
    assert json.loads(same(filled, url, "status", "--json").out)["succeeded"] == 2
    for task in ("a", "b", "bad", "slow"):
        assert '"snapshot_id"' in same(filled, url, "status", "--json", task).out
    assert same(filled, url, "status", "nobody").code == 3
    answer, sha256 = filled.sql("SELECT snapshot_id, raw_sha256 FROM v_snapshot WHERE task_id = 'a'")[0]
    assert same(filled, url, "status", "--line", f"{answer}-{sha256[:12]}").out.startswith("{")
    assert json.loads(same(filled, url, "verify", "--deep", "--json").out)["whole"] == 2
    assert same(filled, url, "run", "--dry-run", filled.list, "--pending").out == "slow\n"
    (filled.videos / "a.mp4").unlink()
    assert same(filled, url, "run", "--dry-run", filled.list).out.split() == ["a", "slow"]
    differing = filled("verify", "--requeue", "--json", "--db", url)
    assert differing.code == 3 and json.loads(differing.out.splitlines()[-1])["requeued"] == 1, differing
    assert differing.out == filled("verify", "--requeue", "--json").out
    assert same(filled, url, "status", "--json", "a").code == 0
    assert same(filled, url, "run", "--dry-run", "--pending").out == "slow\n"


def test_the_pages_are_as_on_sqlite(filled, server):
    assert filled.run(filled.gateway, "--no-download", filled.csv("a", "later")).code == 0
    here, there = Pages(filled), Pages(filled, "--db", server.url(copied(filled, server)))
    for path in ("/", "/runs", "/runs/1", "/gallery", "/gallery?q=X%20%5C", "/gallery?q=B", "/gallery?after=2-1", "/task/a", "/task/bad",
                 "/task/slow", "/answer/1/a", "/task/nobody", "/video/1/b"):
        one, other = [re.sub(rb"\w+ (ago|at [^<]*)|\([^)]*ago\)", b"", pages.ask(path).body) for pages in (here, there)]
        assert one == other, path
    assert b"<video" in here.ask("/gallery?q=x%20%5c").body and b'id="label-customer"' in there.ask("/").body
    filled.output = [result for result in filled.output if "summary" in result.out]
    assert here.end() + there.end() < 120


def test_what_changes_history_keeps_off_a_ledger_in_use(filled, server):
    database = copied(filled, server)
    server.psql(database, "INSERT INTO reeltally.run (id, started_at, version, host, inputs, stale_after_ms) VALUES "
                          "(9, 1, '1', 'far', '[]', 1); INSERT INTO reeltally.runner (run, token, crew, process, alive_until) "
                          "VALUES (9, 't', '', '', reeltally.now_milliseconds() + 3600000)")
    for command in (["verify", "--requeue"], ["forget", "slow"], ["db", "prune", "--older-than", "0"]):
        result = filled(*command, "--db", server.url(database))
        assert result.code == 11 and "run 9 on far" in result.err and "--lock-wait" in result.err, result
    assert filled("verify", "--db", server.url(database)).code == 0
    server.psql(database, "UPDATE reeltally.run SET finished_at = 2 WHERE id = 9")
    assert filled("verify", "--requeue", "--db", server.url(database)).code == 0


def test_what_cannot_be_read_says_why(reeltally, server):
    empty, newer, older = server.database(), migrated(reeltally, server), migrated(reeltally, server)
    server.psql(newer, "INSERT INTO reeltally.migration VALUES (99, 'later', 'x', 1)")
    server.psql(older, "DELETE FROM reeltally.migration WHERE number > 9")
    for url, word in ((server.url("nowhere"), '"nowhere" does not exist; create it'),
                      (server.url(empty), "there is no ledger at"), (server.url(newer), "Use the newer reeltally"),
                      (server.url(older), "older schema 9; upgrade it with `reeltally db migrate`"),
                      ("postgresql://owner@127.0.0.1:1/l", "Connection refused")):
        result = reeltally("status", "--db", url)
        assert result.code == 10 and word in result.err and result.err.count("\n") == 1, result
    assert not list(reeltally.folder.glob("postgres*"))


@pytest.mark.parametrize("url", [f"postgresql://me:{PASSWORD}@localhost/l", f"postgres://localhost/l?password={PASSWORD}",
                                 f"postgresql://me:{PASSWORD}%zz@localhost/l"])
@pytest.mark.parametrize("command", [["status"], ["run", "-"], ["config"], ["doctor"], ["verify"], ["report", "--period", "2026-01"]])
def test_no_password_is_taken_from_a_url(reeltally, command, url):
    for result in (reeltally(*command, "--db", url), reeltally(*command, env={"REELTALLY_DB": url})):
        assert result.code == 2 and PASSWORD not in result.out + result.err, result
    assert "PGPASSWORD" in reeltally(*command, "--db", url.replace("%zz", "")).err


def test_another_host_must_prove_who_it_is(reeltally):
    url = "postgresql://me@db.invalid/l?sslmode=require"
    result = reeltally("status", "--db", url)
    assert result.code == 2 and "verify-full" in result.err and "--allow-weak-tls" in result.err, result
    for accepted in ((url, "--allow-weak-tls"), ("postgresql://me@db.invalid/l",)):
        result = reeltally("status", "--db", *accepted)
        assert result.code == 10 and "db.invalid" in result.err, result


def test_a_password_is_never_written(filled, server):
    database = copied(filled, server)
    server.psql(database, f"CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA reeltally TO locked; "
                          "GRANT SELECT ON ALL TABLES IN SCHEMA reeltally TO locked")
    hba = server.folder / "data/pg_hba.conf"
    hba.write_text("local all locked scram-sha-256\n" + hba.read_text())
    server.psql(database, "SELECT pg_reload_conf()")
    url = server.url(database, user="locked")
    passfile = filled.folder / "pgpass"
    passfile.write_text(f"*:*:*:*:{PASSWORD}\n")
    passfile.chmod(0o600)
    for env, code in (({"PGPASSWORD": PASSWORD}, 0), ({"PGPASSFILE": str(passfile)}, 0), ({"PGPASSWORD": PASSWORD[:-1]}, 10), ({}, 10)):
        for command in (["status"], ["status", "a"], ["verify"], ["config"], ["doctor"], ["run", "--dry-run", "--pending"]):
            result = filled(*command, "-vv", "--db", url, env=env)
            assert PASSWORD[:-1] not in result.out + result.err, result
            assert result.code == (0 if command == ["config"] else code) or command == ["doctor"], result
        if code:
            assert "PGPASSWORD" in filled("status", "--db", url, env=env).err
    passfile.unlink()
    for path in filled.folder.rglob("*"):
        assert not path.is_file() or PASSWORD[:-1].encode() not in path.read_bytes(), path


def test_doctor_judges_the_server(filled, server, pool):
    database = copied(filled, server)
    server.psql(database, "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA reeltally TO reader; "
                          "GRANT SELECT ON ALL TABLES IN SCHEMA reeltally TO reader")

    def checks(url):
        result = filled("doctor", "--base-url", filled.gateway.base, "--min-free", "1KiB", "--json", "--db", url)
        return result.code, {line["name"]: line for line in map(json.loads, result.out.splitlines())}
    code, found = checks(server.url(database, user="reader"))
    assert code == 0 and {line["result"] for line in found.values()} == {"ok"}, found
    assert re.search(r"PostgreSQL 1[5-9].*without a pooler", found["server"]["text"]), found
    assert found["rights"]["text"] == "role reader may read" and found["server's clock"]["text"] == "as ours"
    code, found = checks(server.url(database))
    assert code == 0 and found["rights"]["result"] == "warning" and "docs/roles.sql" in found["rights"]["advice"], found
    assert "behind a pooler" in checks(server.url(database, host=pool.folder))[1]["server"]["text"]
    assert checks(server.url(server.database()))[0] == 10


def rows_of(path):
    """All rows of a ledger's file, but for the times of its making."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migration'")]
        rows = {table: sorted(map(repr, database.execute(f"SELECT * FROM {table}"))) for table in tables}
    rows["forgotten"] = [row.split(",")[0] for row in rows["forgotten"]]
    return rows


def test_pruning_and_forgetting_do_the_same(filled, server):
    assert filled.run(filled.gateway, filled.csv("later")).code == 0
    with sqlite3.connect(filled.ledger) as database:  # far away, so that a server prunes it in another transaction
        (last,), = database.execute("SELECT max(id) FROM answer_block WHERE id > 1")
        database.execute("UPDATE snapshot SET block = 9000 WHERE block = ?", (last,))
        database.execute("UPDATE answer_block SET id = 9000 WHERE id = ?", (last,))
    database.close()
    url, back = server.url(copied(filled, server)), filled.folder / "back.db"
    bytes_before = filled.sql("SELECT sum(length(content)) FROM answer_block")
    assert same(filled, url, "forget", "slow", "bad", "nobody").code == 3
    assert same(filled, url, "forget", "--json", "--failed-import", "1").code == 0
    assert json.loads(same(filled, url, "db", "prune", "--older-than", "0", "--json").out)["tasks"] == 4
    assert same(filled, url, "db", "prune", "--older-than", "0").err.count("dropped 0 raw answers") == 1
    assert filled.sql("SELECT sum(length(content)) FROM answer_block") < bytes_before
    assert same(filled, url, "status", "--json", "slow").out.count('"answer":null') == 0
    assert '"answer":null' in same(filled, url, "status", "--json", "a").out
    assert json.loads(same(filled, url, "status", "--json").out)["forgotten"] == 1
    for name in ("csv", "json", "focus", "html"):
        same(filled, url, "report", "--from", "2000-01-01", "--to", "2100-01-01", "--format", name)
    assert filled("db", "copy", back, "--db", url).code == 0
    assert rows_of(back) == rows_of(filled.ledger)
    assert filled("db", "check", "--db", back).code == 0
    assert "no run 9" in filled("forget", "--failed-import", "9", "--db", url).err


@pytest.mark.parametrize("inputs,code", [("[]", 0), ("the same", 0), ("[\"other.csv\"]", 2), ("[\"-\"]", 2)])
def test_an_import_that_overlapped_another_one_is_not_forgotten(filled, server, inputs, code):
    database = copied(filled, server)
    text = "(SELECT inputs FROM run WHERE id = 1)" if inputs == "the same" else f"'{inputs}'"
    server.psql(database, "INSERT INTO run (id, started_at, finished_at, version, host, inputs, stale_after_ms) "
                          f"SELECT 9, started_at, finished_at + 1, '1', 'far', {text}, 1 FROM run WHERE id = 1;"
                          "UPDATE run SET started_at = finished_at WHERE id = 2")
    result = filled("forget", "--failed-import", "1", "--db", server.url(database))
    assert result.code == code and ("run 1 and run 9 read different lists" in result.err) == (code == 2), result
    assert server.sql(database, "SELECT count(*) FROM forgotten") == [("0" if code else "1",)]
