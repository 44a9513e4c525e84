"""A ledger moved from a file to PostgreSQL, billed there, checked, and moved back, with the real binary."""
import json
import pathlib
import sqlite3

import pytest

from conftest import ROOT
from postgres import Postgres


@pytest.fixture(scope="module")
def server():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def database(server):
    """The URL of an empty database."""
    return server.url(server.database())


def upgraded(reeltally, version):
    """A ledger that an older version wrote."""
    path = reeltally.folder / "ledger.db"
    with sqlite3.connect(path) as database:
        database.executescript((ROOT / f"tests/data/ledgers/{version}.sql").read_text() + "PRAGMA journal_mode = WAL;")
    database.close()
    path.chmod(0o600)
    assert reeltally("db", "migrate", "--no-backup", "--db", path).code == 0
    return path


@pytest.fixture
def ledger(reeltally):
    return upgraded(reeltally, "v2")


def without_head(found):
    """The same, without what each closing has of its own: its head covers the time of closing."""
    rest = {}
    for (name, suffix), content in found.items():
        manifest = json.loads(found[name, ".json"])
        head = manifest.pop("head")
        assert head, "the month is closed"
        if suffix == ".json":
            manifest.pop("signature")
            if name == "html":
                manifest.pop("sha256")  # of a page that names the head
            rest[name, suffix] = list(manifest.items())
        else:
            assert (head.encode() in content) == (name == "html"), name
            rest[name, suffix] = content.replace(head.encode(), b"HEAD")
    return rest


def reports(reeltally, ledger, *range_of_time):
    """The bytes of all reports and manifests."""
    found = {}
    for name in ("csv", "json", "focus", "html", "xlsx"):
        out = reeltally.folder / "report.out"
        result = reeltally("report", "--db", ledger, *(range_of_time or ("--period", "2026-10")), "--format", name, "-o", out)
        assert result.code == 0, result
        for path in (out, pathlib.Path(f"{out}.manifest.json")):
            found[name, path.suffix] = path.read_bytes()
            path.unlink()
    return found


@pytest.mark.parametrize("version", sorted(path.stem for path in (ROOT / "tests/data/ledgers").glob("*.sql")))
def test_reports_are_the_same_bytes_there_and_back(reeltally, database, version):
    ledger, back, always = upgraded(reeltally, version), reeltally.folder / "back.db", ("--from", "2000-01-01", "--to", "2100-01-01")
    assert reeltally("db", "copy", database, "--db", ledger).code == 0
    assert reeltally("db", "copy", back, "--db", database).code == 0
    expected = reports(reeltally, ledger, *always)
    assert expected["csv", ".out"].count(b"\n") > 1, "no line to compare"
    assert reports(reeltally, database, *always) == expected
    assert reports(reeltally, back, *always) == expected


def test_a_ledger_is_billed_on_a_server_as_in_a_file(reeltally, ledger, database):
    assert reeltally("db", "copy", database, "--db", ledger).code == 0
    assert reports(reeltally, database) == reports(reeltally, ledger)
    again = reeltally("db", "copy", database, "--db", ledger)
    assert again.code == 2 and "is not empty" in again.err
    closed = [reeltally("close", "2026-10", "--force", "--json", "--db", db) for db in (ledger, database)]
    said = [json.loads(one.out) for one in closed]
    heads = {one.pop("head") for one in said}  # each covers its time of closing
    assert closed[0].code == closed[1].code == 0 and said[0] == said[1] and len(heads) == 2, closed
    assert without_head(reports(reeltally, database)) == without_head(reports(reeltally, ledger))
    assert "was closed before" in reeltally("close", "2026-10", "--db", database).out
    checked = reeltally("db", "check", "--db", database)
    assert checked.code == 0 and "by a copy of it in SQLite" in checked.err
    back = reeltally.folder / "back.db"
    assert reeltally("db", "backup", back, "--db", database).code == 0
    assert reeltally("db", "check", "--db", back).code == 0
    assert back.stat().st_mode & 0o777 == 0o600
    assert reports(reeltally, back) == reports(reeltally, database), "the backup keeps the head, too"
    assert without_head(reports(reeltally, back)) == without_head(reports(reeltally, ledger))


def test_a_closed_month_that_somebody_changed_on_a_server_is_found(reeltally, server, database, ledger):
    assert reeltally("db", "copy", database, "--db", ledger).code == 0
    assert reeltally("close", "2026-10", "--force", "--db", database).code == 0
    name = database.split("@/")[1].split("?")[0]
    for column in ("unfinished", "missing"):
        change = "ALTER TABLE reeltally.period {0} TRIGGER USER; UPDATE reeltally.period SET {1} = {1} {2} 100; ALTER TABLE reeltally.period {3} TRIGGER USER"
        server.psql(name, change.format("DISABLE", column, "+", "ENABLE"))
        result = reeltally("db", "check", "--db", database)
        assert result.code == 1 and "closed period 2026-10: its numbers of unfinished" in result.err, result
        server.psql(name, change.format("DISABLE", column, "-", "ENABLE"))
    assert reeltally("db", "check", "--db", database).code == 0


def test_what_cannot_be_copied_leaves_nothing_behind(reeltally, ledger, database):
    refused = reeltally("db", "copy", reeltally.folder / "copy.db", "--db", database)
    assert refused.code == 10 and "db migrate" in refused.err
    secret = reeltally("db", "copy", "postgresql://owner:geheim@/ledger", "--db", ledger)
    assert secret.code == 2 and "geheim" not in secret.err
    weak = "postgresql://owner@db.invalid/ledger?sslmode=require"
    refused = reeltally("db", "copy", weak, "--db", ledger)
    assert refused.code == 2 and "TARGET" in refused.err and "--allow-weak-tls" in refused.err
    assert "db.invalid" in reeltally("db", "copy", weak, "--allow-weak-tls", "--db", ledger).err
    refused = reeltally("db", "backup", "postgresql://owner@/ledger", "--db", ledger)
    assert refused.code == 2 and "db copy" in refused.err
    assert not (reeltally.folder / "copy.db").exists()
