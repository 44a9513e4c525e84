"""Kill and stop at any moment: nothing is lost, nothing is duplicated, the next run finishes."""
import os
import random
import signal
import subprocess
import time

import pytest

import proof
from conftest import BINARY

TASKS = {f"t{i}": {"vendor": ["happyhorse", "kling", "seedance"][i % 3], "video": {"size": 60000},
                   "polls": [["success"], ["IN_PROGRESS", "success"], ["500", "success"]][i % 3]} for i in range(500)}
SEED = int(os.environ.get("REELTALLY_SEED", "20261123"))


def test_kill_9_at_50_random_moments(reeltally, make_gateway):
    print("seed", SEED)
    moments = random.Random(SEED)
    gateway = make_gateway(tasks=TASKS, latency_ms=3, jitter_ms=3)
    kills = 0
    seen = (), ()
    for number in range(50):
        path = reeltally.csv(*list(TASKS)[:10 * (number + 1)])  # each run finds new work, and what the last one left
        process = reeltally.start("run", *reeltally.flags(gateway), "--wait", "--poll-interval", "20ms", "--concurrency",
                                  "4", "--download-concurrency", "3", path)
        time.sleep(moments.uniform(0.0, 0.06))  # the random moment itself
        kills += process.poll() is None
        process.kill()
        reeltally.finish(process)
        if reeltally.ledger.exists() and reeltally.sql("SELECT 1 FROM sqlite_master WHERE name = 'v_snapshot'"):
            proof.prove(reeltally, gateway, killed=True, seen=seen)
            seen = proof.seen(reeltally)
    assert kills >= 25, "too few runs were caught alive to prove anything"
    result = reeltally.run(gateway, "--wait", "--poll-interval", "20ms", reeltally.csv(*TASKS))
    assert result.code == 0, result
    assert set(reeltally.states().values()) == {"succeeded"}
    expected = sorted([f"{task}.mp4" for task in TASKS] +
                      [f"{task}-2.mp4" for task, script in TASKS.items() if script["vendor"] == "kling"])
    assert reeltally.files() == expected, "each video once, no part left"
    rows = reeltally.sql("SELECT path, bytes FROM v_video WHERE state = 'done'")
    assert len(rows) == len(expected) and len({r[0] for r in rows}) == len(rows)
    proof.prove(reeltally, gateway, ids=TASKS, seen=seen)


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_drains(reeltally, make_gateway, number, code):
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=100)
    process = reeltally.start("run", *reeltally.flags(gateway), "--concurrency", "4",
                              reeltally.csv(*(f"t{i}" for i in range(500))))
    while len(gateway.queries()) < 8:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    begin = time.monotonic()
    result = reeltally.finish(process)
    assert result.code == code and time.monotonic() - begin < 5
    answered = len([r for r in gateway.queries() if r["status"] == 200])
    assert reeltally.sql("SELECT count(*) FROM v_snapshot") == [(answered,)], "running work is recorded"
    assert answered < 500
    proof.prove(reeltally, gateway)


def stop_at_first_query(reeltally, gateway, path, number):
    """The exit code of a run that gets the signal as soon as a query has arrived."""
    process = reeltally.start("run", *reeltally.flags(gateway), path)
    while not gateway.queries():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(number)
    return reeltally.finish(process).code


@pytest.mark.parametrize("number, code", [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_run_stopped_while_it_reads_a_list_is_continued(reeltally, make_gateway, number, code):
    known = [f"known{i:04}" for i in range(200)]
    assert reeltally.run(make_gateway(default={"polls": ["IN_PROGRESS"]}), reeltally.csv(*known)).code == 0
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=2)
    path = reeltally.csv(*(f"new{i}" for i in range(3000)), *known)
    assert stop_at_first_query(reeltally, gateway, path, number) == code
    result = reeltally.run(gateway, path)
    assert result.code == 0 and len(reeltally.states()) == 3200, result
    assert set(reeltally.states().values()) == {"failed"}
    checked = reeltally("db", "check")
    assert checked.code == 0, checked


def test_a_list_that_cannot_be_read_to_its_end_ends_the_run_with_what_was_read(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    path = reeltally.csv(*(f"t{i:030}" for i in range(20_000)))
    result = reeltally.run(gateway, "--failed-out", "failed.csv", path,
                           wrapper=["strace", "-qq", "-f", "-o", "/dev/null", "-P", str(path), "-e", "trace=read",
                                    "-e", "inject=read:error=EIO:when=3+"])
    assert result.code == 1 and "cannot read" in result.err and "Input/output error" in result.err, result
    read = result.summary["rows_read"]
    assert 0 < read < 20_000 and result.summary["failed"] == read == len(reeltally.states())
    assert (reeltally.folder / "failed.csv").exists()
    assert reeltally.sql("SELECT exit_code FROM v_run") == [(1,)], "the run has ended"


def test_queries_begin_long_before_the_end_of_a_large_file(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    path = reeltally.csv(*(f"t{i}" for i in range(200_000)))
    for _ in range(5):  # a busy machine may notice the first query late
        assert stop_at_first_query(reeltally, gateway, path, signal.SIGKILL) == -signal.SIGKILL
        if 0 < reeltally.sql("SELECT count(*) FROM task")[0][0] < 200_000:
            return
        reeltally.ledger.unlink()
        gateway = make_gateway(default={"polls": ["failure"]})
    pytest.fail("no query was sent before the whole list was in the ledger")


def listens_for_signals(process):
    with open(f"/proc/{process.pid}/status") as status:
        return any(line.startswith("SigBlk:") and int(line.split()[1], 16) for line in status)


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_waiting_for_rows(reeltally, make_gateway, number, code):
    gateway = make_gateway(default={"polls": ["failure"]})
    process = reeltally.start("run", *reeltally.flags(gateway), "-", stdin=subprocess.PIPE)
    process.stdin.write(b"task_id\na\nb\nhalf-of-an-")
    process.stdin.flush()
    while not listens_for_signals(process):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    begin = time.monotonic()
    assert process.wait(10) == code and time.monotonic() - begin < 2
    assert reeltally.finish(process).summary["exit_code"] == code
    assert reeltally.states() in ({}, {"a": "unfinished", "b": "unfinished"}), "never a part of a row"
    assert not gateway.queries()


def test_the_deadline_ends_the_waiting_for_rows(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    process = reeltally.start("run", *reeltally.flags(gateway), "--deadline", "500ms", "-", stdin=subprocess.PIPE)
    process.stdin.write(b"task_id\n")
    process.stdin.flush()
    assert process.wait(10) == 4
    reeltally.finish(process)


def test_a_signal_ends_the_waiting_for_the_lock(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["stall"]})
    holder = reeltally.start("run", *reeltally.flags(gateway), reeltally.csv("a"))
    while not gateway.queries():
        assert holder.poll() is None
        time.sleep(0.01)
    waiter = reeltally.start("run", *reeltally.flags(gateway), "--lock-wait", "1h", reeltally.csv("b"))
    while not listens_for_signals(waiter):
        assert waiter.poll() is None
        time.sleep(0.01)
    waiter.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    assert reeltally.finish(waiter).code == 143 and time.monotonic() - begin < 2
    holder.kill()
    reeltally.finish(holder)


def test_few_open_files_lower_the_concurrency(reeltally, make_gateway):
    tasks = {f"t{i}": {"vendor": ["seedance", "kling"][i % 2], "video": {"size": 3000}} for i in range(40)}
    gateway = make_gateway(tasks=tasks)
    result = reeltally.run(gateway, reeltally.csv(*tasks), wrapper=["/bin/sh", "-c", 'ulimit -n 32; exec "$@"', "sh"])
    assert result.code == 0 and result.summary["errors"] == {}, result
    assert "ulimit" in result.err


def test_a_second_signal_stops_at_once(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["stall"]})
    process = reeltally.start("run", *reeltally.flags(gateway), reeltally.csv("a"))
    while not gateway.queries():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)  # lets the first one arrive apart from the second
    process.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    assert reeltally.finish(process).code == 143 and time.monotonic() - begin < 1


def test_a_lock_never_outlives_its_run(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["stall", "failure"]})
    process = reeltally.start("run", *reeltally.flags(gateway), reeltally.csv("a"))
    while not gateway.queries():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    reeltally.finish(process)
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0


def test_twenty_pairs_never_run_at_once(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=30)
    for number in range(20):
        path = reeltally.csv(f"t{number}")
        pair = [reeltally.start("run", *reeltally.flags(gateway), path) for _ in range(2)]
        codes = sorted(reeltally.finish(process).code for process in pair)
        assert codes in ([0, 11], [0, 0]), codes
    assert len(gateway.queries()) == 20, "no task was asked twice"


def test_closed_descriptors_and_a_bare_environment(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    command = 'exec "$@" <&- >&- 2>&-'
    result = reeltally.run(gateway, reeltally.csv("a"), wrapper=["/bin/sh", "-c", command, "sh"])
    assert result.code in (0, 1)  # its summary cannot be written
    assert reeltally.states() == {"a": "failed"}


def test_the_environment_of_cron(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 3000}})
    key = reeltally.env["ANYFAST_API_KEY"]
    ledger = reeltally.folder / "new/l.db"
    command = ["/usr/bin/env", "-i", "LANG=C", "PATH=/bin", f"ANYFAST_API_KEY={key}", "/bin/sh", "-c", 'umask 0; exec "$@"', "sh"]
    result = reeltally.run(gateway, "--db", ledger, reeltally.csv("a"), wrapper=command)
    assert result.code == 0 and reeltally.files() == ["a.mp4"], result
    assert ledger.stat().st_mode & 0o777 == 0o600 and ledger.parent.stat().st_mode & 0o777 == 0o700


def test_a_run_that_is_stopped_for_a_while_continues(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS", "failure"]}, latency_ms=30)
    process = reeltally.start("run", *reeltally.flags(gateway), "--wait", "--poll-interval", "20ms", "--timeout", "1s",
                              "--concurrency", "4", reeltally.csv(*(f"t{i}" for i in range(100))))
    while len(gateway.queries()) < 20:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    time.sleep(2)  # longer than any request may take
    process.send_signal(signal.SIGCONT)
    assert reeltally.finish(process).code == 0
    assert set(reeltally.states().values()) == {"failed"}
    proof.prove(reeltally, gateway, ids=reeltally.states())


def start_up_megabytes(reeltally):
    """The least memory with which the program's libraries can be loaded."""
    for megabytes in range(16, 128):
        if reeltally("--version", wrapper=["prlimit", f"--as={megabytes << 20}"]).code == 0:
            return megabytes
    raise AssertionError("--version needs more than 128 MiB")


@pytest.mark.parametrize("more", [0, 1, 12, 20, 28])
def test_too_little_memory_ends_a_run_and_loses_nothing(reeltally, make_gateway, more):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 3000}})
    path = reeltally.csv(*(f"t{i}" for i in range(50)))
    if b"libasan" in subprocess.run(["ldd", BINARY], stdout=subprocess.PIPE).stdout:
        pytest.skip("the address sanitizer needs terabytes of addresses")
    megabytes = start_up_megabytes(reeltally) + more
    result = reeltally.run(gateway, path, wrapper=["prlimit", f"--as={megabytes << 20}"])
    assert result.code == 1 and "out of memory" in result.err, result
    assert reeltally.run(gateway, path).code == 0 and len(reeltally.files()) == 50
    proof.prove(reeltally, gateway, ids=reeltally.states())
