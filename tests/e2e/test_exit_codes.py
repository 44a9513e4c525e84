"""Every exit code of the table in docs/operating.md, and their precedence."""
import json
import os
import sqlite3
import subprocess
import time

import pytest


def test_0_and_no_rows(reeltally, make_gateway):
    gateway = make_gateway()
    assert reeltally.run(gateway, reeltally.csv()).code == 0
    assert gateway.log(event="request") == []


@pytest.mark.parametrize("arguments, said", [
    (["run", "--concurency", "3", "x"], "concurrency"),
    (["rum"], "run"),
    (["run", "--concurrency", "many", "x"], "concurrency"),
    (["run", "--api-key", "sk-x", "x"], "--api-key-file"),
    (["run", "no-such-file.csv"], "no-such-file.csv"),
    (["run", "."], "."),
    (["run", "--column", "nope", "tasks.csv"], "nope"),
    (["run", "--name", "{nope}.mp4", "tasks.csv"], "nope"),
    (["run", "--base-url", "http://example.com", "tasks.csv"], "--allow-http"),
    (["run", "--shard", "5/3", "tasks.csv"], "--shard"),
    (["db", "prune"], "--older-than"),
])
def test_2_wrong_usage(reeltally, arguments, said):
    reeltally.csv("a")
    result = reeltally(*arguments)
    assert result.code == 2, result
    assert said in result.err and len(result.err.splitlines()) == 1, result


def test_2_without_a_key(reeltally, make_gateway):
    gateway = make_gateway()
    result = reeltally.run(gateway, reeltally.csv("a"), env={"ANYFAST_API_KEY": ""})
    assert result.code == 2 and "ANYFAST_API_KEY" in result.err
    assert gateway.log(event="request") == []


def test_2_wrong_base_url(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["404url"]})
    result = reeltally.run(gateway, "--metrics-file", "m.prom", reeltally.csv("a", "b", "c"))
    assert result.code == 2 and "--base-url" in result.err and not (reeltally.folder / "m.prom").exists()


def test_3_partly(reeltally, make_gateway):
    gateway = make_gateway(tasks={"good": {"vendor": "wan"}, "bad": {"polls": ["500"]}})
    result = reeltally.run(gateway, "--retries", "1", reeltally.csv("good", "bad", "8.6E+17"))
    assert result.code == 3
    assert result.summary["rows_rejected"] == 1 and result.summary["not_answered"] == 1
    assert "not answered: bad: HTTP 500: " in result.err


def test_10_no_ledger(reeltally):
    for arguments in (["status"], ["db", "check"], ["db", "backup", "x.db"], ["db", "migrate"]):
        assert reeltally(*arguments).code == 10
    assert not reeltally.ledger.exists()


def test_10_foreign_or_newer_ledger(reeltally, make_gateway):
    reeltally.check_ledger = False
    gateway = make_gateway()
    reeltally.ledger.parent.mkdir(parents=True)
    reeltally.ledger.write_bytes(b"this is no database, but it is somebody's\n" * 10)
    before = reeltally.ledger.read_bytes()
    assert reeltally.run(gateway, reeltally.csv("a")).code == 10
    assert reeltally("status").code == 10
    assert reeltally.ledger.read_bytes() == before
    reeltally.ledger.unlink()
    assert reeltally.run(gateway, reeltally.csv("a")).code in (0, 3)
    with sqlite3.connect(reeltally.ledger) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    assert reeltally.run(gateway, reeltally.csv("a")).code == 10
    assert reeltally("status").code == 10


def test_11_second_run(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    failed = reeltally.folder / "failed.csv"
    first = reeltally.start("run", *reeltally.flags(gateway), "--wait", "--poll-interval", "100ms", "--deadline", "3s",
                            "--failed-out", failed, reeltally.csv("a"))
    while not gateway.queries():
        assert first.poll() is None
        time.sleep(0.01)  # polls for an event; bounded by the first run's deadline
    asked = time.monotonic()
    second = reeltally.run(gateway, "--failed-out", failed, "--metrics-file", "m.prom", reeltally.csv("b"))
    assert second.code == 11 and time.monotonic() - asked < 1 and "process" in second.err
    third = reeltally.run(gateway, "--lock-wait", "20s", "--deadline", "200ms", reeltally.csv("a"))
    assert third.code in (0, 4)
    assert reeltally.finish(first).code == 4
    assert not gateway.queries("b")
    assert failed.read_text() == "task_id\n", "the second run has not touched what the first one writes"
    assert not (reeltally.folder / "m.prom").exists()


def test_12_rejected_key_marks_nothing(reeltally, make_gateway):
    gateway = make_gateway(key="another")
    result = reeltally.run(gateway, "--concurrency", "2", reeltally.csv(*(f"t{i}" for i in range(50))))
    assert result.code == 12
    told = [line for line in result.err.splitlines() if "rejects the API key" in line]
    assert told == result.err.splitlines()[-1:], "once, and last, where it is looked for"
    assert len(gateway.queries()) <= 3
    assert set(reeltally.states().values()) == {"unfinished"}


def test_12_forbidden_for_all(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["403"]})
    assert reeltally.run(gateway, reeltally.csv("a", "b")).code == 12


def test_12_beats_3(reeltally, make_gateway):
    gateway = make_gateway(key="another")
    assert reeltally.run(gateway, reeltally.csv("a", "8.6E+17")).code == 12


def test_1_full_disk_under_the_ledger(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    mount = reeltally.folder / "small"
    mount.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", mount]).returncode:
        pytest.skip("needs root and tmpfs")
    try:
        result = reeltally.run(gateway, "--db", mount / "l.db", "--metrics-file", "m.prom", "--status-file", "s.json",
                               reeltally.csv(*(f"t{i}" for i in range(20000))))
        assert result.code == 1 and "l.db" in result.err
        assert "\nreeltally_last_run_exit_code 1\n" in (reeltally.folder / "m.prom").read_text(), "monitors hear of it"
        assert json.loads((reeltally.folder / "s.json").read_text())["exit_code"] == 1
        with sqlite3.connect(f"file:{mount}/l.db?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    finally:
        subprocess.run(["umount", mount], check=True)


def test_1_full_disk_under_the_videos(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 300_000}})
    reeltally.videos.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", reeltally.videos]).returncode:
        pytest.skip("needs root and tmpfs")
    try:
        result = reeltally.run(gateway, reeltally.csv(*(f"t{i}" for i in range(10))))
        assert result.code == 1, result
        assert result.summary["succeeded"] == 10, "queries go on"
        last = result.err.splitlines()[-1]
        assert "No space left" in last and "choose another folder with --output" in last, result
    finally:
        subprocess.run(["umount", reeltally.videos], check=True)
    assert reeltally.run(gateway, "--pending").code == 0
    assert reeltally.sql("SELECT DISTINCT state FROM v_video") == [("done",)]
    assert reeltally.files(), "those that the full disk had no room for"


def test_1_unwritable_output(reeltally, make_gateway):
    if os.geteuid() != 0:
        pytest.skip("needs root to make a read-only mount")
    gateway = make_gateway(default={"vendor": "happyhorse"})
    reeltally.videos.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", reeltally.videos], check=True)
    try:
        assert reeltally.run(gateway, "--metrics-file", "m.prom", reeltally.csv("a")).code == 1
    finally:
        subprocess.run(["umount", reeltally.videos], check=True)
    metrics = (reeltally.folder / "m.prom").read_text()
    assert "\nreeltally_last_run_exit_code 1\n" in metrics and "\nreeltally_runs_total 1\n" in metrics


def test_stdout_that_fails_is_an_error(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    with open("/dev/full", "w") as full:
        process = subprocess.run([reeltally.start.__globals__["BINARY"], "run", *reeltally.flags(gateway),
                                  "--status-file", "s.json", reeltally.csv("a")], cwd=reeltally.folder, env=reeltally.env, stdout=full,
                                 stderr=subprocess.PIPE, timeout=30)
    assert process.returncode == 1
    assert reeltally.states() == {"a": "failed"}, "the ledger's work is committed"
    assert json.loads((reeltally.folder / "s.json").read_text())["exit_code"] == 1, "monitors hear of it"
