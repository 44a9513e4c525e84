"""status and db: what users see of the ledger, and its maintenance."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
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


def test_status_says_what_ran_what_there_is_and_what_is_next(filled):
    text = filled("status").out
    assert re.match(r"last run 1: began \S+ \(\S+ ago\), took \S+, exit code 0\n", text), text
    assert "`reeltally run --pending` would ask about 2 tasks and fetch 0 videos\n" in text, text
    totals = json.loads(filled("status", "--json").out)
    (run,) = [json.loads(line) for line in filled("runs", "--json").out.splitlines()]
    assert totals["last_run"] == {name: value for name, value in run.items() if name != "type"}
    group = totals["groups"][0]
    assert [group[name] for name in ("account", "tasks", "succeeded", "failed", "unfinished", "videos_done")] == ["default", 4, 1, 1, 2, 1]
    assert group["bytes"] == totals["bytes"] == filled.sql("SELECT sum(bytes) FROM v_video WHERE state = 'done'")[0][0]
    asked = filled("run", "--pending", "--dry-run", *filled.flags(filled.gateway)).out.split()
    assert totals["pending"] == [{"account": "default", "tasks": len(asked), "videos": 0}]


def test_status_of_a_task(filled):
    text = filled("status", "a").out
    assert text.startswith("a: succeeded\n") and re.search(r"^  video +on disk, [\d.]+ \w+: /\S+a\.mp4$", text, re.M), text
    assert "snapshot" not in text
    assert "snapshot 1" in filled("status", "a", "-v").out and "duration" in filled("status", "a", "-v").out
    assert filled("status", "nobody").code == 3


def test_status_of_a_task_says_what_it_cost(reeltally, make_gateway):
    prices = reeltally.folder / "prices.csv"
    prices.write_text("model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n*,video,,,2.5,CNY,,\n")
    reeltally.run(make_gateway(tasks={"a": {"vendor": "happyhorse"}}), reeltally.csv("a,horse", header="task_id,model"))
    assert not re.search(r"^  cost", reeltally("status", "a").out, re.M)
    assert "\n  cost       2.5 CNY\n" in reeltally("status", "a", "--prices", prices).out
    assert reeltally("status", "a", "--prices", reeltally.folder / "none.csv").code == 2


def test_json_numbers_are_numbers(filled):
    task, *others = [json.loads(line) for line in filled("status", "--json", "a").out.splitlines()]
    filled.output.pop()  # it has the raw answer, link and all
    assert task["queries"] == 1 and task["videos_on_disk"] == 1 and task["stale"] == 0, task
    assert all(isinstance(one["http_status"], int) for one in others if one["type"] == "snapshot")
    assert all(isinstance(one["bytes"], int) for one in others if one["type"] == "video")


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
                  "videos_on_disk soonest_expiry stale generation_resolution request_id",
        "v_snapshot": "account task_id snapshot_id run_id observed_at http_status code status progress raw_bytes raw_sha256",
        "v_usage": "account task_id snapshot_id observed_at name value",
        "v_video": "account task_id video_index state path bytes sha256 expires_at attempts last_error",
        "v_daily": "day account model state tasks output_seconds total_tokens videos bytes"}
    with sqlite3.connect(f"file:{filled.ledger}?mode=ro", uri=True) as database:
        for view, names in columns.items():
            cursor = database.execute(f"SELECT * FROM {view}")
            assert [c[0] for c in cursor.description] == names.split(), view
    database.close()


READING = [["status"], ["status", "a"], ["report", "--period", "2026"], ["db", "check"]]


def run_until(reeltally, gateway, answers, *arguments):
    """Starts a run, and returns when it has had so many answers."""
    process = reeltally.start("run", *reeltally.flags(gateway), *arguments)
    wanted = len(gateway.queries()) + answers
    while len(gateway.queries()) < wanted:
        assert process.poll() is None
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("what", ["moved", "removed", "replaced", "without its log"])
def test_a_removed_ledger_is_no_success(reeltally, make_gateway, what):
    reeltally.check_ledger = what in ("replaced", "without its log")
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=100)
    path = reeltally.csv(*"abcde")
    process = run_until(reeltally, gateway, 2, "--concurrency", "1", path)
    log = f"{reeltally.ledger}-wal"
    if what == "moved":
        for suffix in ("", "-wal", "-shm"):
            os.rename(f"{reeltally.ledger}{suffix}", f"{reeltally.ledger}.away{suffix}")
    elif what == "removed":
        os.unlink(reeltally.ledger)
    elif what == "replaced":
        shutil.copy(reeltally.ledger, f"{reeltally.ledger}.copy")
        os.rename(f"{reeltally.ledger}.copy", reeltally.ledger)
    else:
        os.unlink(log)
    result = reeltally.finish(process)
    said = "was replaced by another file" if what == "replaced" else "was moved or removed"
    assert result.code == 1 and f"{said} while it was in use" in result.err
    if what == "moved":
        assert f"{reeltally.ledger}.away" in result.err, "it says where the data is"
    if what == "removed":
        assert reeltally.run(gateway, path).code == 10 and os.path.exists(log), "its log is no other ledger's"
    else:
        assert reeltally.run(gateway, path).code == 0
        assert set(reeltally.states().values()) == {"failed"}


def test_a_read_only_file_system_is_named(filled):
    place = filled.ledger.parent
    if os.geteuid() != 0 or subprocess.run(["mount", "--bind", place, place]).returncode:
        pytest.skip("needs root to make a read-only mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
        for command in (["run", *filled.flags(filled.gateway), filled.csv("a")], ["db", "migrate"],
                        ["db", "prune", "--older-than", "1d"]):
            result = filled(*command)
            assert result.code == 1 and str(filled.ledger) in result.err and "check the permissions" in result.err, result
            assert len(result.err.splitlines()) == 1
        for command in READING + [["db", "backup", filled.folder / "copy.db"]]:
            assert filled(*command).code == 0, command
    finally:
        subprocess.run(["umount", place], check=True)
    assert filled.run(filled.gateway, filled.csv("a")).code == 0


@pytest.mark.parametrize("seconds, code", [(1, 0), (6, 1)])
def test_a_run_waits_a_while_for_another_tool_that_writes(reeltally, make_gateway, seconds, code):
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=30)
    path = reeltally.csv(*(f"t{i}" for i in range(20)))
    process = run_until(reeltally, gateway, 3, "--concurrency", "2", path)
    tool = sqlite3.connect(reeltally.ledger, isolation_level=None)
    tool.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)  # what the other tool takes: less, or more, than a run waits
    tool.execute("COMMIT")
    tool.close()
    result = reeltally.finish(process)
    assert result.code == code and (code == 0 or "another program holds it" in result.err), result
    assert reeltally.run(gateway, path).code == 0
    assert set(reeltally.states().values()) == {"failed"}


def test_a_reader_that_stays_is_reported(filled):
    reader = sqlite3.connect(filled.ledger, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM task").fetchall()
    writer = sqlite3.connect(filled.ledger, isolation_level=None)
    writer.execute("PRAGMA synchronous = OFF")
    writer.execute("CREATE TABLE theirs AS SELECT randomblob(8000000) AS bytes")
    while os.path.getsize(f"{filled.ledger}-wal") < 256 << 20:  # as after hours of runs
        writer.execute("UPDATE theirs SET bytes = randomblob(8000000)")
    writer.close()
    result = filled.run(filled.gateway, filled.csv("c"))
    assert result.code == 0 and "keeps reading the ledger" in result.err, result
    reader.close()
    result = filled.run(filled.gateway, filled.csv("c"))
    assert result.code == 0 and "keeps reading" not in result.err
    assert not os.path.exists(f"{filled.ledger}-wal")


@pytest.mark.parametrize("size", ["16k", "200k", "600k", "2m", "7m"])
def test_a_full_disk_at_any_moment_loses_nothing(reeltally, make_gateway, tmp_path_factory, size):
    """The disk is full while the ledger or its schema is created, rows are read, answers recorded, videos downloaded."""
    place = tmp_path_factory.mktemp("small")
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]).returncode:
        pytest.skip("needs root and tmpfs")
    gateway = make_gateway(rules=[["t000", {"vendor": "happyhorse", "video": {"size": 400_000}}],
                                  ["t", {"polls": ["IN_PROGRESS", "failure"]}]])
    run = ["run", *reeltally.flags(gateway), "--db", place / "l.db", "--output", place / "videos", "--wait",
           "--poll-interval", "20ms", reeltally.csv(*(f"t{i:04}" for i in range(3000)))]

    def snapshots():
        if not (place / "l.db").exists():
            return set()
        database = sqlite3.connect(f"file:{place}/l.db?mode=ro", uri=True)
        try:
            return set(database.execute("SELECT snapshot_id, raw_sha256 FROM v_snapshot"))
        except sqlite3.OperationalError:  # its schema is not made yet
            return set()
        finally:
            database.close()
    try:
        result = reeltally(*run)
        assert result.code == 1 and ("is full" in result.err or "No space left" in result.err), result
        seen = snapshots()
        subprocess.run(["mount", "-o", "remount,size=100m", place], check=True)
        result = reeltally(*run)
        assert result.code == 0 and result.summary["succeeded"] == 10 and result.summary["failed"] == 2990, result
        assert seen <= snapshots()
        assert len(list((place / "videos").iterdir())) == 10, "and no part is left"
        assert reeltally("db", "check", "--db", place / "l.db").code == 0
    finally:
        subprocess.run(["umount", place], check=True)


def test_backup_writes_a_file_and_not_a_stream(filled):
    result = filled("db", "backup", "-")
    assert result.code == 2 and "writes a file" in result.err and not (filled.folder / "-").exists()


def test_a_limit_on_the_size_of_files_is_a_full_disk(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 1_100_000}})
    limit = ["prlimit", "--fsize=1000000"]  # a new ledger with its log fits, a video does not
    result = reeltally.run(gateway, reeltally.csv("a", "b"), wrapper=limit)
    assert result.code == 1 and "File too large" in result.err and result.summary["succeeded"] == 2
    many = reeltally.csv(*(f"t{i:020}" for i in range(20000)))
    small = reeltally.folder / "small.db"
    result = reeltally.run(gateway, "--db", small, many, wrapper=limit)
    assert result.code == 1 and "small.db" in result.err
    assert reeltally("db", "check", "--db", small).code == 0


def test_without_its_write_ahead_log_a_ledger_is_older_and_consistent(reeltally, make_gateway):
    """The content of a copy of the file alone: nothing shows that data is missing, so the next run queries again."""
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}, "b": {"polls": ["stall", "failure"]}})
    path = reeltally.csv("a", "b")
    process = run_until(reeltally, gateway, 2, path)
    process.kill()
    reeltally.finish(process)
    for suffix in ("-wal", "-shm"):
        reeltally.ledger.with_name(reeltally.ledger.name + suffix).unlink(missing_ok=True)
    assert reeltally.run(gateway, path).code == 0
    assert reeltally.states() == {"a": "failed", "b": "failed"}
