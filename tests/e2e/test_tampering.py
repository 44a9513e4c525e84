"""What somebody changes in a ledger with sqlite3, and covers his tracks: noticed, but for what docs/ledger.md names."""
import re
import shutil
import sqlite3
import subprocess
import time

import pytest

import chain
from conftest import ROOT

AGO = 40 * 86400
MONTH = time.strftime("%Y-%m", time.gmtime(time.time() - AGO))
A = "(SELECT id FROM task WHERE task_id = 'a')"
OPEN = "(SELECT id FROM task WHERE task_id = 'open')"
REMOVED = ("DELETE FROM period_signature; DELETE FROM report_line; DELETE FROM line_amounts; DELETE FROM line_terms; DELETE FROM line_labels; "
           "DELETE FROM period; DELETE FROM closing; DELETE FROM period_link; DELETE FROM written_off")

# Each is noticed by `db check`, but for those in OUTSIDE.
TAMPERINGS = {
    # answers
    "another hash of an answer": f"UPDATE snapshot SET raw_sha256 = zeroblob(32) WHERE task = {A}",
    "another length of an answer": f"UPDATE snapshot SET raw_bytes = raw_bytes + 1 WHERE task = {A}",
    "another time of an answer": f"UPDATE snapshot SET observed_at = observed_at - 1000 WHERE task = {OPEN}; "
                                 f"UPDATE task SET last_query = last_query - 1000 WHERE id = {OPEN}",
    "another run of an answer": f"UPDATE snapshot SET run = 2 WHERE task = {A}",
    "an answer of another task": f"UPDATE snapshot SET task = {OPEN} WHERE task = {A}",
    "another usage": f"UPDATE snapshot SET usage_values = '[\"1\"]' WHERE task = {A}",
    "another outcome": f"UPDATE snapshot SET outcome = (SELECT outcome FROM snapshot WHERE task = {OPEN}) WHERE task = {A}",
    "a deleted answer": f"DELETE FROM snapshot WHERE task = {OPEN}; UPDATE task SET last_snapshot = NULL, status_snapshot = NULL, "
                        f"queries = 0, last_query = NULL WHERE id = {OPEN}",
    "the raw answer of a finished task taken away, and its hash changed":
        f"UPDATE snapshot SET block = NULL, slot = NULL, raw_sha256 = zeroblob(32) WHERE task = {A}",
    "another word of the gateway": "UPDATE outcome SET status = 'PAUSED' WHERE status <> ''",
    "another verdict": "UPDATE outcome SET verdict = 0 WHERE verdict = 1",
    "another HTTP status": "UPDATE outcome SET http_status = 201 WHERE http_status = 200",
    "other bytes of answers": "UPDATE answer_block SET content = zeroblob(length(content))",
    "other lengths of answers": "UPDATE answer_block SET lengths = x'01'",
    "a block that is gone": "DELETE FROM answer_block",
    "another dictionary": "UPDATE dictionary SET content = x'00'",
    "a hash of a commit": "UPDATE snapshot_link SET sha256 = zeroblob(32) WHERE last = (SELECT max(last) FROM snapshot_link)",
    "a hash of a commit that is gone": "DELETE FROM snapshot_link WHERE last = (SELECT max(last) FROM snapshot_link)",
    "all hashes of commits gone": "DELETE FROM snapshot_link",
    "all snapshots said to be from before hashes were kept":
        "DELETE FROM snapshot_link; INSERT INTO snapshot_link SELECT max(id), zeroblob(32) FROM snapshot",
    # tasks
    "another task ID": f"UPDATE task SET task_id = 'b' WHERE id = {A}",
    "another account": "UPDATE account SET name = 'other'",
    "another state": f"UPDATE task SET state = 2 WHERE id = {A}",
    "a task that never was": "INSERT INTO task (account, task_id, first_seen, state) VALUES (1, 'new', 0, 1)",
    "another end": f"UPDATE task SET finish_time = finish_time + 1000 WHERE id = {A}",
    "another submit time": f"UPDATE task SET submit_time = submit_time - 86400000 WHERE id = {OPEN}",
    "other seconds": f"UPDATE task SET duration_seconds = '1' WHERE id = {A}",
    "another model": f"UPDATE task SET model = 'cheap' WHERE id = {A}",
    "another quota": f"UPDATE task SET quota = '1' WHERE id = {A}",
    "a reason to fail": f"UPDATE task SET fail_reason = 'x' WHERE id = {A}",
    "more queries": f"UPDATE task SET queries = 9 WHERE id = {A}",
    "another final answer": f"UPDATE task SET final_snapshot = NULL WHERE id = {A}",
    "a task forgotten": f"INSERT INTO forgotten VALUES ({A}, 0)",
    "labels that are none": f"UPDATE task SET labels = '[' WHERE id = {OPEN}",
    "labels of a task that no closed period has": f"UPDATE task SET labels = '{{\"customer\":\"y\"}}' WHERE id = {OPEN}",
    "the model that a list gave it": f"UPDATE task SET input_model = 'cheap' WHERE id = {OPEN}",
    "the time at which a task was first seen": f"UPDATE task SET first_seen = first_seen - 1 WHERE id = {A}",
    # videos and runs
    "a video taken away": "DELETE FROM video",
    "another expiry of a link": f"UPDATE video SET expires_at = expires_at + 1000 WHERE task = {A}",
    "a video said to have expired": f"UPDATE video SET state = 3 WHERE task = {A}",
    "the path of a saved video": "UPDATE video SET path = path || 'x' WHERE path IS NOT NULL",
    "the time at which a video was saved": "UPDATE video SET saved_at = saved_at + 1 WHERE path IS NOT NULL",
    "half a hash of a video": "UPDATE video SET sha256 = x'00' WHERE path IS NOT NULL",
    "the host of a run": "UPDATE run SET host = 'elsewhere'",
    "the version of a run": "UPDATE run SET version = '0'",
    "another exit code": "UPDATE run SET exit_code = 0 WHERE exit_code <> 0; UPDATE run SET exit_code = 3 WHERE id = 1",
    "a run taken away": "DELETE FROM run WHERE id = 1",
    # closed periods
    "another cost": "UPDATE report_line SET cost = '0.01'",
    "another cost, with its price": "UPDATE report_line SET cost = '0', unit_price = '0' WHERE succeeded",
    "other seconds of a line": "UPDATE report_line SET duration_seconds = '1', quantity = '1', cost = unit_price WHERE succeeded",
    "another label of a line": "UPDATE report_line SET labels = '{\"customer\":\"y\"}'",
    "another end of a line": "UPDATE report_line SET finish_time = finish_time + 1000, billed_at = billed_at + 1000 WHERE succeeded",
    "a failed task made paid": "UPDATE report_line SET succeeded = 1, unit = 0, quantity = '1', unit_price = '0.9', "
                               "currency = 'CNY', cost = '0.9', cost_note = NULL WHERE succeeded = 0",
    "a place in a resale book that is not there": "UPDATE report_line SET resale_tiers = 'tiers of line 2, after 0 this month: 1 at 1' WHERE succeeded",
    "a note of a lost video": "UPDATE report_line SET lost = 1 - lost WHERE succeeded = 0",
    "a line taken away, with its count": "DELETE FROM report_line WHERE succeeded = 0; UPDATE period SET line_count = line_count - 1",
    "another price book": "UPDATE period SET prices = replace(prices, 'm,second', 'other,second')",
    "a remark in the price book": "UPDATE period SET prices = prices || char(10) || '# see contract'",
    "another zone": "UPDATE period SET tz = 'Etc/UTC'",
    "another time of the closing": "UPDATE period SET closed_at = closed_at - 86400000",
    "another hash of the CSV": "UPDATE period SET sha256 = upper(sha256)",
    "another hash of the CSV, twice": "UPDATE period SET sha256 = replace(sha256, 'a', 'b'); "
                                      "UPDATE closing SET sha256 = replace(sha256, 'a', 'b')",
    "another schema": "UPDATE period SET schema_version = schema_version - 1",
    "a signature taken away": "DELETE FROM period_signature",
    "a task no longer written off": "DELETE FROM written_off",
    "the last closing gone": "DELETE FROM closing",
    "another statement": "UPDATE period_link SET statement = replace(statement, 'total CNY', 'total USD')",
    "another hash of the statement": "UPDATE period_link SET sha256 = upper(sha256)",
    "a period said to be from before hashes were kept": "DELETE FROM period_link",
    "a period taken away": "DELETE FROM report_line; DELETE FROM period",
    "a period taken away, with its closing": "DELETE FROM report_line; DELETE FROM period; DELETE FROM closing",
    "a period that never was": "INSERT INTO period SELECT 2, '2020-01', 1577836800000, 1580515200000, 'UTC', prices, closed_at, 0, "
                               "sha256, 0, 0, schema_version, checked_to FROM period",
    "the last closed period taken away with all its records": REMOVED,
    "that a bundle was written": "INSERT INTO period_bundle SELECT id, sha256, 0 FROM period",
    # the file
    "a trigger that is gone": "DROP TRIGGER snapshot_is_kept",
    "an index that is gone": "DROP INDEX snapshot_by_task",
    "a migration that is not recorded": "DELETE FROM migration WHERE number = 17",
}
OUTSIDE = {
    "labels of a task that no closed period has", "the model that a list gave it", "the time at which a task was first seen",
    "the time at which a video was saved", "the path of a saved video", "the host of a run", "the version of a run",
    "that a bundle was written", "the last closed period taken away with all its records", "a signature taken away"}
ANEW = "all hashes made anew"
ZEROS = "all hashes of commits taken away, and the ledger said to be an older one"


@pytest.fixture
def ledger(reeltally, make_gateway):
    """A closed month with a success, a failure and a written-off task; behind it an open task and a saved video."""
    gateway = make_gateway(default={"vendor": "happyhorse"}, tasks={
        "failed": {"polls": ["failure"]}, "lost": {"polls": ["IN_PROGRESS"]}, "open": {"polls": ["IN_PROGRESS"]}})
    gateway.set_clock(-AGO)
    (reeltally.folder / "prices.csv").write_text("model,unit,price,currency\nm,second,0.9,CNY\n")
    rows = reeltally.csv(*(f"{task},m,x" for task in ("a", "failed", "lost")), header="task_id,model,customer")
    assert reeltally.run(gateway, "--no-download", rows).code == 0
    closed = reeltally("close", MONTH, "--prices", "prices.csv", "--write-off-stale", "--sign-with", "/bin/cat")
    assert closed.code == 0, closed
    gateway.set_clock(0)
    assert reeltally.run(gateway, "--output", "videos", reeltally.csv("open,m,x", "saved,m,x", header="task_id,model,customer")).code == 0
    whole = reeltally.folder / "whole.db"
    assert reeltally("db", "backup", whole).code == 0
    reeltally.check_ledger = False
    return whole


def alter(path, change):
    """As somebody who covers his tracks."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
    triggers = [trigger for trigger in database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
                if trigger[0] not in str(change) and trigger[0] != chain.ADDED]
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    chain.thaw_lines(database)
    before = database.total_changes, database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if callable(change):
        change(database)
    else:
        database.executescript(change)
    changed = before != (database.total_changes, database.execute("SELECT count(*) FROM sqlite_schema").fetchone())
    for _, sql in triggers:
        database.execute(sql)
    database.close()
    return changed


def make_all_anew(database):
    """Other usage in an answer, and all hashes after it."""
    database.execute("CREATE TRIGGER snapshot_link_is_fixed BEFORE UPDATE ON snapshot_link BEGIN SELECT raise(ABORT, ''); END")
    database.execute(f"UPDATE snapshot SET observed_at = observed_at + 1 WHERE task = {A} AND id = (SELECT min(id) FROM snapshot)")
    database.execute(f"UPDATE task SET last_query = last_query + 1 WHERE id = {A} AND last_snapshot = 1")
    chain.make_anew(database)
    database.execute("DROP TRIGGER snapshot_link_is_fixed")
    statement, = database.execute("SELECT statement FROM period_link").fetchone()
    last = int(re.search(r"^snapshot (\d+)$", statement, re.M)[1])
    link, = database.execute("SELECT lower(hex(sha256)) FROM snapshot_link WHERE last = ?", (last,)).fetchone()
    statement = re.sub(r"^snapshot_sha256 .*$", f"snapshot_sha256 {link}", statement, flags=re.M)
    database.execute("UPDATE period_link SET statement = ?, sha256 = ?", (statement, chain.head_of(statement)))


def test_what_somebody_changes_is_noticed(reeltally, ledger):
    assert len(TAMPERINGS) + 1 >= 64
    assert reeltally("db", "check", "--db", ledger).code == 0
    wrong = []
    copy = reeltally.folder / "copy.db"
    for name, change in {**TAMPERINGS, ANEW: make_all_anew}.items():
        shutil.copy(ledger, copy)
        assert alter(copy, change), f"{name}: changes nothing"
        result = reeltally("db", "check", "--db", copy)
        if result.code != (0 if name in OUTSIDE | {ANEW} else 1):
            wrong.append(f"{name}: {result}")
    assert not wrong, "\n".join(wrong)


def test_hashes_of_zeros_are_for_ledgers_from_before_hashes(reeltally, make_gateway):
    """Of a ledger that no closed period vouches for."""
    gateway = make_gateway(default={"polls": ["failure"]})
    assert reeltally.run(gateway, reeltally.csv("a", "b")).code == 0
    reeltally.check_ledger = False
    zeros = "DELETE FROM snapshot_link; INSERT INTO snapshot_link SELECT max(id), zeroblob(32) FROM snapshot"
    for name, change, code in (("no hashes", zeros, 1), (ZEROS, "UPDATE migration SET applied_at = applied_at + 1 WHERE number = 17", 0)):
        assert alter(reeltally.ledger, change), name
        result = reeltally("db", "check")
        assert result.code == code and ("it breaks at the commit of snapshots 1 to 2" in result.err) == (code == 1), f"{name}: {result}"


def test_the_documents_name_what_is_outside():
    text = (ROOT / "docs/ledger.md").read_text().split("### What no check can notice")[1].split("\n## ")[0]
    assert set(re.findall(r"\*\*([^*]+)\*\*", text.replace("\n", " "))) == OUTSIDE | {ANEW, ZEROS}


def blocks(language="sh"):
    """The commands of the section about hashes, in order."""
    text = (ROOT / "docs/ledger.md").read_text().split("\n## Hashes")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def shell(commands, ledger):
    commands = commands.replace("ledger=reeltally.db\n", "").replace("2026-10", MONTH)
    return subprocess.run(["sh", "-c", f"ledger='{ledger}'\n{commands}"], capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="needs sqlite3's shell")
def test_a_stranger_computes_the_hashes(reeltally, ledger):
    walk, head = blocks()
    link, = reeltally.sql("SELECT lower(hex(sha256)) FROM snapshot_link ORDER BY last DESC LIMIT 1")[0]
    assert (shell(walk, ledger).stdout, shell(walk, ledger).returncode) == (link + "\n", 0)
    statement, sha256, csv = reeltally.sql("SELECT statement, sha256, csv_sha256 FROM v_period")[0]
    assert shell(head, ledger).stdout.split()[0] == sha256 == chain.head_of(statement)
    assert f"head of the chain of closed periods {sha256}, signed\n" in reeltally("close", MONTH).out
    report = subprocess.run(["sha256sum"], input=reeltally("report", "--period", MONTH).out, capture_output=True, text=True, check=True)
    assert report.stdout.split()[0] == csv and f"\ncsv_sha256 {csv}\n" in statement
    assert alter(ledger, f"UPDATE snapshot SET observed_at = observed_at + 1 WHERE task = {OPEN}")
    broken = shell(walk, ledger)
    assert broken.returncode == 1 and "the chain breaks at snapshot" in broken.stdout, broken
    checked = reeltally("db", "check", "--db", ledger)
    assert "chain of snapshots: it breaks at the commit of snapshots " in checked.err, checked


def test_a_report_that_does_not_match_its_hash_is_refused(reeltally, ledger):
    assert alter(ledger, "UPDATE period SET closed_at = closed_at + 1")
    refused = reeltally("report", "--period", MONTH, "--db", ledger)
    assert (refused.code, refused.out) == (1, "") and refused.err.count("\n") == 1, refused
    assert "another value of `closed_at`" in refused.err and "restore a backup" in refused.err, refused


def test_a_period_from_before_hashes_were_kept_is_told_so(reeltally):
    database = sqlite3.connect(reeltally.folder / "old.db")
    database.executescript((ROOT / "tests/data/ledgers/v16.sql").read_text())
    database.close()
    assert reeltally("db", "migrate", "--db", "old.db", "--no-backup").code == 0
    closed = reeltally("close", "2026-10", "--db", "old.db")
    assert closed.code == 0 and closed.out.endswith(", closed before hashes were kept\n"), closed
    assert '"head":null' in reeltally("close", "2026-10", "--db", "old.db", "--json").out
    assert reeltally("report", "--period", "2026-10", "--db", "old.db").code == 0
    assert reeltally("db", "check", "--db", "old.db").code == 0
