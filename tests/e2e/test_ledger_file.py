"""The ledger as a file: when it is not changed, which files are beside it, and where it can be read."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time

import pytest

from conftest import BINARY
from test_ledger import READING, run_until


def listing(folder):
    """All files below a folder, with bytes and modes."""
    return {str(p.relative_to(folder)): (p.stat().st_mode, p.read_bytes() if p.is_file() else None)
            for p in sorted(pathlib.Path(folder).rglob("*"))}


COMMANDS = [["run", "tasks.csv"], ["run", "--pending"], ["run", "--dry-run", "--pending"], ["status"], ["status", "a"], ["runs"], ["runs", "1"],
            ["report", "--period", "2026"], ["close", "2026-06"], ["reconcile", "log.csv"], ["verify"],
            ["verify", "--requeue"], ["doctor"], ["db", "migrate"], ["db", "check"], ["db", "backup", "copy.db"],
            ["db", "prune", "--older-than", "1d"], ["forget", "a"]]


def newer(path, journal, in_log=False):
    """A ledger of a later version, which may use another journal mode or was killed during its upgrade."""
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA journal_mode = {journal}")
        database.execute("PRAGMA user_version = 999")
        database.commit()
        if in_log:
            for suffix in ("", "-wal"):
                shutil.copy(f"{path}{suffix}", f"{path}.killed{suffix}")
    database.close()
    if in_log:
        os.unlink(path)
        for suffix in ("", "-wal"):
            os.rename(f"{path}.killed{suffix}", f"{path}{suffix}")
        assert pathlib.Path(path).read_bytes()[60:64] != (999).to_bytes(4, "big"), "only the log says so"


def foreign(path, in_log=False):
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE theirs (a)")
        database.commit()
        shutil.copy(f"{path}-wal", f"{path}-copy")
    database.close()
    if in_log:
        os.rename(f"{path}-copy", f"{path}-wal")
    else:
        os.unlink(f"{path}-copy")


UNREADABLE = {
    "newer": lambda path: newer(path, "WAL"),
    "newer without a log": lambda path: newer(path, "DELETE"),
    "newer by its log": lambda path: newer(path, "WAL", in_log=True),
    "another program's": foreign,
    "another program's with a log": lambda path: foreign(path, in_log=True),
    "text": lambda path: pathlib.Path(path).write_bytes(b"this is no database, but it is somebody's\n" * 10),
    "empty": lambda path: pathlib.Path(path).write_bytes(b""),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_ledger_is_not_changed(reeltally, make_gateway, kind):
    reeltally.check_ledger = False
    gateway = make_gateway(default={"polls": ["failure"]})
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0
    folder = reeltally.ledger.parent
    (folder / "reeltally.db.lock").unlink()
    UNREADABLE[kind](reeltally.ledger)
    reeltally.ledger.chmod(0o640)
    before = listing(folder)
    (reeltally.folder / "log.csv").write_text("task_id,quota\na,1\n")
    asked = len(gateway.queries())
    for command in COMMANDS:
        flags = reeltally.flags(gateway) if command[0] == "run" else ["--base-url", gateway.base] if command[0] == "doctor" else []
        result = reeltally(*command, *flags)
        assert result.code == 10, (command, result)
        assert listing(folder) == before, command
    assert len([q for q in gateway.queries() if "doctor" not in q["path"]]) == asked, "and nobody is asked"
    assert not (reeltally.folder / "copy.db").exists()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in (["run", "tasks.csv"], ["doctor"])])
def test_only_ids_create_a_ledger(reeltally, make_gateway, command):
    gateway = make_gateway()
    (reeltally.folder / "log.csv").write_text("task_id,quota\na,1\n")
    result = reeltally(*command, *(reeltally.flags(gateway) if command[0] == "run" else []))
    assert result.code == 10 and "no ledger at" in result.err and len(result.err.splitlines()) == 1, result
    assert not reeltally.ledger.parent.exists(), "nor its folder, nor a lock"


def test_a_start_that_fails_leaves_no_lock(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    lock = reeltally.ledger.with_name("reeltally.db.lock")
    (reeltally.folder / "file").write_text("")
    path = reeltally.csv("a")
    for code, arguments in ((1, ["--output", "file/below", path]), (2, ["--exec", "no-such-program", path]),
                            (2, ["--name", "{nope}", path]), (2, ["no-such-file.csv"])):
        result = reeltally.run(gateway, *arguments)
        assert result.code == code and not lock.exists() and not reeltally.ledger.exists(), result
    assert reeltally.run(gateway, path).code == 0 and lock.exists()
    assert reeltally.run(gateway, "--output", "file/below", path).code == 1 and lock.exists(), "one that was there stays"


def test_a_ledger_that_is_moved_during_a_download(reeltally, make_gateway):
    reeltally.check_ledger = False
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 60000}})
    process = reeltally.start("run", *reeltally.flags(gateway), "--limit-rate", "40KB", "--status-file", "s.json",
                              "--metrics-file", "m.prom", reeltally.csv("a", "b"))
    while not list(reeltally.videos.glob(".*.part")) or reeltally.states() != {"a": "succeeded", "b": "succeeded"}:
        assert process.poll() is None
        time.sleep(0.01)  # polls for an event; bounded by the run's own end
    moved = reeltally.folder / "moved.db"
    os.rename(reeltally.ledger, moved)
    result = reeltally.finish(process)
    assert result.code == 1 and "was moved or removed while it was in use" in result.err and str(moved) in result.err, result
    assert json.loads((reeltally.folder / "s.json").read_text())["exit_code"] == 1
    metrics = (reeltally.folder / "m.prom").read_text()
    assert "\nreeltally_last_run_exit_code 1\n" in metrics and "reeltally_tasks{" not in metrics, "nobody's counts"
    assert len(result.err.splitlines()) == 1, result


@pytest.mark.parametrize("what", ["removed", "replaced", "replaced and used by another run"])
def test_a_run_whose_lock_was_removed_is_no_success(reeltally, make_gateway, what):
    gateway = make_gateway(default={"polls": ["failure"]}, latency_ms=100)
    path = reeltally.csv(*"abcde")
    process = run_until(reeltally, gateway, 2, "--concurrency", "1", path)
    lock = reeltally.ledger.with_name("reeltally.db.lock")
    lock.unlink()
    if what != "removed":
        lock.write_text("")
    met = "at the same time"
    if "another run" in what:
        other = reeltally.run(gateway, reeltally.csv("z"))
        assert other.code == 0 or other.code == 1 and met in other.err, other
    result = reeltally.finish(process)
    assert result.code == 1 and met in result.err, result
    if "another run" not in what:
        assert f"{lock} was removed or replaced" in result.err and result.summary["exit_code"] == 1
        assert set(reeltally.states().values()) == {"failed"}, "all that it did is recorded"
    assert reeltally.run(gateway, path).code == 0 and lock.exists()


# ---- where nothing can be written

def read_only(folder, script):
    """Runs a script with the folder mounted read-only, in its own name space."""
    mount = "mount --bind bk bk && mount -o remount,ro,bind bk || exit 99\n"
    result = subprocess.run(["unshare", "-rm", "sh", "-c", mount + script], cwd=folder, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=60,
                            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(folder)})
    if result.returncode == 99 or "unshare" in result.stderr:
        pytest.skip("cannot make a read-only mount here")
    return result


@pytest.fixture
def shelf(reeltally, make_gateway):
    """A folder `bk` with a backup, and the ledger itself as a run leaves it."""
    gateway = make_gateway(default={"polls": ["failure"]})
    assert reeltally.run(gateway, reeltally.csv("a", "b")).code == 0
    place = reeltally.folder / "bk"
    place.mkdir()
    assert reeltally("db", "backup", place / "backup.db").code == 0
    shutil.copy(reeltally.ledger, place / "copy ?#%41.db")
    return reeltally


def test_a_backup_is_one_plain_file(shelf):
    place = shelf.folder / "bk"
    assert (place / "backup.db").read_bytes()[18:20] == b"\x01\x01", "in no WAL mode"
    with sqlite3.connect(f"file:{place}/backup.db?mode=ro&immutable=1", uri=True) as database:
        assert database.execute("SELECT count(*) FROM v_task").fetchone() == (2,)
    database.close()
    assert sorted(p.name for p in place.iterdir()) == ["backup.db", "copy ?#%41.db"]
    assert shelf("db", "migrate", "--db", place / "backup.db").code == 0, "as a ledger it is written to again"
    assert (place / "backup.db").read_bytes()[18:20] == b"\x02\x02"


@pytest.mark.parametrize("name", ["backup.db", "copy ?#%41.db"])
def test_read_only_media_can_be_read(shelf, name):
    for command in READING + [["verify"], ["db", "backup", "again.db"]]:
        (shelf.folder / "again.db").unlink(missing_ok=True)
        result = read_only(shelf.folder, f"'{BINARY}' {' '.join(command)} --db 'bk/{name}'")
        assert result.returncode == 0, (command, result)
    assert shelf("db", "check", "--db", "again.db").code == 0
    for command in (["run", "tasks.csv"], ["db", "migrate"], ["close", "2026-06"]):
        result = read_only(shelf.folder, f"ANYFAST_API_KEY=x '{BINARY}' {' '.join(command)} --db 'bk/{name}'")
        assert result.returncode == 1 and "Read-only file system" in result.stderr, (command, result)


def test_a_log_on_read_only_media_is_reported(shelf):
    """The newest rows are in it, and SQLite cannot read it without a file beside it: older rows would be wrong."""
    path = shelf.folder / "bk/l.db"
    with sqlite3.connect(shelf.ledger) as database:
        database.execute("UPDATE task SET labels = '{\"x\":\"y\"}'")
        database.commit()
        for suffix in ("", "-wal"):
            shutil.copy(f"{shelf.ledger}{suffix}", f"{path}{suffix}")
    database.close()
    result = read_only(shelf.folder, f"'{BINARY}' status --db bk/l.db")
    assert result.returncode == 1 and "l.db-wal" in result.stderr and "copy the ledger and the log" in result.stderr, result
    shutil.copytree(shelf.folder / "bk", shelf.folder / "rw")
    assert '"x":"y"' in shelf("status", "--json", "a", "--db", "rw/l.db").out.replace("\\", "")


def test_a_folder_of_somebody_else_can_be_read(shelf):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    # Not below pytest's own folder, which any other pytest that starts closes to others.
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        shutil.copytree(shelf.folder / "bk", place, dirs_exist_ok=True)
        for path in place.iterdir():
            path.chmod(0o644)
        place.chmod(0o755)
        before = listing(place)
        for name in ("backup.db", "copy ?#%41.db"):
            result = shelf("status", "--json", "--db", place / name, wrapper=nobody, env={"HOME": str(place)})
            assert result.code == 0 and json.loads(result.out)["failed"] == 2, result
        assert listing(place) == before


# ---- what a copy of the file alone has

def test_nothing_is_only_in_the_log_after_a_run_and_after_close(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0
    log = pathlib.Path(f"{reeltally.ledger}-wal")
    assert not log.exists(), "a run that ends moves the log into the file"
    copy = reeltally.folder / "copy.db"
    day = json.loads(reeltally("report", "--period", "2026", "--format", "json").out.splitlines()[0])["finished_at"][:10]
    assert reeltally("close", day, "--force").code == 0
    assert not log.exists() or log.stat().st_size == 0
    shutil.copy(reeltally.ledger, copy)
    assert "was closed before" in reeltally("close", day, "--db", copy).out


def test_a_reader_that_keeps_the_log_of_a_closed_period_is_reported(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0
    reader = sqlite3.connect(reeltally.ledger, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM task").fetchall()
    day = json.loads(reeltally("report", "--period", "2026", "--format", "json").out.splitlines()[0])["finished_at"][:10]
    result = reeltally("close", day, "--force")
    assert result.code == 0 and "only in the write-ahead log" in result.err, result
    reader.close()
    again = reeltally("close", day)
    assert again.code == 0 and "was closed before" in again.out and "only in the write-ahead log" not in again.err
    assert not os.path.exists(f"{reeltally.ledger}-wal")
