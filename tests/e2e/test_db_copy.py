"""A ledger moved from a file to PostgreSQL, billed there, checked, and moved back, with the real binary."""
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time

import pytest

from conftest import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def database():
    """The URL of an empty database of a server of its own."""
    with tempfile.TemporaryDirectory(prefix="reeltally-pg-") as parent:
        os.chmod(parent, 0o711)
        folder = pathlib.Path(parent) / "pg"
        folder.mkdir()
        server = subprocess.Popen([str(ROOT / "tests/support/postgres/server"), str(folder)], stderr=subprocess.DEVNULL)
        try:
            url = f"postgresql://owner@/postgres?host={folder}"
            until = time.monotonic() + PATIENCE
            while subprocess.run(["psql", "-XqAtc", "SELECT 1", url], capture_output=True).returncode != 0:
                if server.poll() == 77:
                    pytest.skip("PostgreSQL is not installed: run tools/setup")
                assert server.poll() is None and time.monotonic() < until, "the server does not start"
                time.sleep(0.05)
            yield url
        finally:
            server.terminate()
            server.wait(PATIENCE)


@pytest.fixture
def ledger(reeltally):
    """A ledger of an older version, upgraded."""
    path = reeltally.folder / "ledger.db"
    with sqlite3.connect(path) as database:
        database.executescript((ROOT / "tests/data/ledgers/v2.sql").read_text() + "PRAGMA journal_mode = WAL;")
    database.close()
    path.chmod(0o600)
    assert reeltally("db", "migrate", "--no-backup", "--db", path).code == 0
    return path


def reports(reeltally, ledger):
    """The bytes of all reports and manifests."""
    found = {}
    for name in ("csv", "json", "focus", "html"):
        out = reeltally.folder / "report.out"
        assert reeltally("report", "--db", ledger, "--period", "2026-10", "--format", name, "-o", out).code == 0
        for path in (out, pathlib.Path(f"{out}.manifest.json")):
            found[name, path.suffix] = path.read_bytes()
            path.unlink()
    return found


def test_a_ledger_is_billed_on_a_server_as_in_a_file(reeltally, ledger, database):
    assert reeltally("db", "copy", database, "--db", ledger).code == 0
    assert reports(reeltally, database) == reports(reeltally, ledger)
    again = reeltally("db", "copy", database, "--db", ledger)
    assert again.code == 2 and "is not empty" in again.err
    closed = [reeltally("close", "2026-10", "--force", "--json", "--db", db) for db in (ledger, database)]
    assert closed[0].code == closed[1].code == 0 and closed[0].out == closed[1].out
    assert reports(reeltally, database) == reports(reeltally, ledger)
    assert "was closed before" in reeltally("close", "2026-10", "--db", database).out
    checked = reeltally("db", "check", "--db", database)
    assert checked.code == 0 and "by a copy of it in SQLite" in checked.err
    back = reeltally.folder / "back.db"
    assert reeltally("db", "backup", back, "--db", database).code == 0
    assert reeltally("db", "check", "--db", back).code == 0
    assert back.stat().st_mode & 0o777 == 0o600
    assert reports(reeltally, back) == reports(reeltally, ledger)


def test_what_cannot_be_copied_leaves_nothing_behind(reeltally, ledger, database):
    refused = reeltally("db", "copy", reeltally.folder / "copy.db", "--db", database)
    assert refused.code == 10 and "db migrate" in refused.err
    secret = reeltally("db", "copy", "postgresql://owner:geheim@/ledger", "--db", ledger)
    assert secret.code == 2 and "geheim" not in secret.err
    refused = reeltally("db", "backup", "postgresql://owner@/ledger", "--db", ledger)
    assert refused.code == 2 and "db copy" in refused.err
    assert not (reeltally.folder / "copy.db").exists()
