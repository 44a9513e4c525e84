"""status and db: what a person sees of the ledger, and how it is looked after."""
import json
import os
import sqlite3
import time

import pytest


@pytest.fixture
def filled(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "b": {"polls": ["failure"]},
                                  "c": {"polls": ["IN_PROGRESS"]}, "d": {"polls": ["IN_PROGRESS", "IN_PROGRESS", "success"]}})
    reeltally.run(gateway, reeltally.csv("a", "b", "c", "d"))
    reeltally.gateway = gateway
    return reeltally


def test_status_totals(filled):
    text = filled("status").out
    assert all(len(line) <= 80 for line in text.splitlines())
    totals = json.loads(filled("status", "--json").out)
    assert totals["type"] == "totals"
    assert (totals["tasks"], totals["succeeded"], totals["failed"], totals["unfinished"]) == (4, 1, 1, 2)
    assert totals["oldest_unfinished"] and totals["videos_done"] == 1


def test_status_of_a_task(filled):
    assert "snapshot 1" in filled("status", "a").out and "duration" in filled("status", "a").out
    assert filled("status", "nobody").code == 3


def test_check_finds_damage(filled):
    assert filled("db", "check").code == 0
    filled.check_ledger = False
    copy = filled.folder / "copy.db"
    assert filled("db", "backup", copy).code == 0
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE task SET state = 1 WHERE task_id = 'b'")
    database.close()
    result = filled("db", "check", "--db", copy)
    assert result.code == 1 and "b" in result.err


def test_backup_while_a_run_writes(filled):
    process = filled.start("run", *filled.flags(filled.gateway), "--wait", "--poll-interval", "10ms", "--deadline", "2s",
                           filled.csv("c", "d"))
    copies = []
    for number in range(5):
        copies.append(filled.folder / f"copy{number}.db")
        assert filled("db", "backup", copies[-1]).code == 0
    filled.finish(process)
    for copy in copies:
        assert filled("db", "check", "--db", copy).code == 0
        assert copy.stat().st_mode & 0o777 == 0o600
    assert filled("db", "backup", copies[0]).code == 2, "an existing file is refused"


def test_prune_drops_answers_and_never_rows(filled):
    before = filled.sql("SELECT count(*), sum(raw_bytes) FROM v_snapshot")
    usage = filled.sql("SELECT * FROM v_usage")
    report = json.loads(filled("db", "prune", "--older-than", "0", "--json").out)
    assert report["answers"] == 2 and report["tasks"] == 2
    assert filled.sql("SELECT count(*), sum(raw_bytes) FROM v_snapshot") == before
    assert filled.sql("SELECT * FROM v_usage") == usage
    assert filled("db", "check").code == 0
    assert '"answer":null' in filled("status", "--json", "a").out
    assert '"answer":null' not in filled("status", "--json", "c").out
    assert filled.run(filled.gateway, "--pending").code == 0, "unfinished tasks go on"


def test_unchanged_answers_are_kept_once(filled):
    for _ in range(3):
        filled.run(filled.gateway, filled.csv("c"))
    rows = filled.sql("SELECT count(*), count(DISTINCT block || '/' || slot) FROM snapshot s JOIN task t ON t.id = s.task "
                      "WHERE t.task_id = 'c'")
    assert rows[0][0] == 4 and rows[0][1] < 4


@pytest.mark.parametrize("damage", ["truncate", "header", "empty", "random"])
def test_a_damaged_file_is_refused_and_left_alone(filled, damage):
    filled.check_ledger = False
    for suffix in ("-wal", "-shm"):
        path = filled.ledger.with_name(filled.ledger.name + suffix)
        if path.exists():
            path.unlink()
    data = filled.ledger.read_bytes()
    damaged = {"truncate": data[:10000], "header": b"x" * 100 + data[100:], "empty": data[:50],
               "random": bytes(range(256)) * 100}[damage]
    filled.ledger.write_bytes(damaged)
    assert filled("status").code in (1, 10)
    assert filled.run(filled.gateway, filled.csv("a")).code in (1, 10)
    if damage != "truncate":
        assert filled.ledger.read_bytes() == damaged


def test_views_are_as_promised(filled):
    columns = {
        "v_task": "account task_id state status progress model action submit_time start_time finish_time upstream_end_time "
                  "first_seen last_query queries resolution ratio duration_seconds input_seconds output_seconds video_count "
                  "completion_tokens total_tokens super_resolution_tokens units credits quota fail_reason labels videos "
                  "videos_on_disk soonest_expiry stale",
        "v_snapshot": "account task_id snapshot_id run_id observed_at http_status code status progress raw_bytes raw_sha256",
        "v_usage": "account task_id snapshot_id observed_at name value",
        "v_video": "account task_id video_index state path bytes sha256 expires_at attempts last_error",
        "v_daily": "day account model state tasks output_seconds total_tokens videos bytes"}
    with sqlite3.connect(f"file:{filled.ledger}?mode=ro", uri=True) as database:
        for view, names in columns.items():
            cursor = database.execute(f"SELECT * FROM {view}")
            assert [c[0] for c in cursor.description] == names.split(), view
    database.close()


def test_a_ledger_that_is_taken_away_is_no_success(reeltally, make_gateway):
    reeltally.check_ledger = False
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=100)
    process = reeltally.start("run", *reeltally.flags(gateway), "--concurrency", "1", reeltally.csv(*"abcde"))
    while len(gateway.queries()) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    for suffix in ("", "-wal", "-shm"):
        os.rename(f"{reeltally.ledger}{suffix}", f"{reeltally.ledger}.away{suffix}")
    result = reeltally.finish(process)
    assert result.code == 1 and "was moved or removed while it was in use" in result.err


def test_backup_makes_a_file_and_no_stream(filled):
    result = filled("db", "backup", "-")
    assert result.code == 2 and "makes a file" in result.err and not (filled.folder / "-").exists()


def test_a_limit_on_the_size_of_files_is_a_full_disk(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 900_000}})
    limit = ["prlimit", "--fsize=600000"]
    result = reeltally.run(gateway, reeltally.csv("a", "b"), wrapper=limit)
    assert result.code == 1 and "File too large" in result.err and result.summary["succeeded"] == 2
    many = reeltally.csv(*(f"t{i:020}" for i in range(20000)))
    small = reeltally.folder / "small.db"
    result = reeltally.run(gateway, "--db", small, many, wrapper=limit)
    assert result.code == 1 and "small.db" in result.err
    assert reeltally("db", "check", "--db", small).code == 0


def test_without_its_write_ahead_log_a_ledger_is_older_and_whole(reeltally, make_gateway):
    """What a copy of the file alone holds: nothing can tell that something is missing, so the next run asks again."""
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}, "b": {"polls": ["stall", "failure"]}})
    path = reeltally.csv("a", "b")
    process = reeltally.start("run", *reeltally.flags(gateway), path)
    while not reeltally.ledger.exists() or len(gateway.queries()) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    reeltally.finish(process)
    for suffix in ("-wal", "-shm"):
        reeltally.ledger.with_name(reeltally.ledger.name + suffix).unlink(missing_ok=True)
    assert reeltally.run(gateway, path).code == 0
    assert reeltally.states() == {"a": "failed", "b": "failed"}
