"""S8: each read and write, of files and sockets, moves half of what was asked for, or every second one is interrupted. Neither is a
failure: commands that read or write by themselves, beside SQLite and libcurl, end as ever. `tools/torture shorts` has more."""
import hashlib
import sqlite3

import pytest

import torture
from pages import Pages
from s3 import keys, make_bucket, make_s3  # noqa: F401


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    try:
        return torture.make_shim(tmp_path_factory.mktemp("shim"))
    except torture.Skipped as why:
        pytest.skip(str(why))


@pytest.fixture(params=torture.ALL_TRANSFERS, ids=["short", "interrupted"])
def disturbed(request, shim, reeltally):
    """The program with all of its transfers cut short or interrupted."""
    reeltally.calm = dict(reeltally.env)
    reeltally.env.update(torture.faults_at("transfer", 1, request.param, "/"), LD_PRELOAD=str(shim))
    yield reeltally
    reeltally.env = reeltally.calm


def test_a_part_is_resumed(disturbed, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 40000, "faults": ["cut"]}})
    assert disturbed.run(gateway, "--retries", "0", disturbed.csv("a")).code == 3
    assert disturbed.run(gateway, "--pending").code == 0
    assert gateway.fetches()[-1]["status"] == 206
    assert disturbed.files() == ["a.mp4"]


def test_an_upload_is_complete(disturbed, make_gateway, make_bucket):
    bucket, gateway = make_bucket(), make_gateway(default={"vendor": "happyhorse", "video": {"size": 400_000}})
    result = disturbed.run(gateway, "--output", bucket.place, "--s3-endpoint", bucket.url, disturbed.csv("a", "b"),
                           env=dict(keys(), AWS_EC2_METADATA_DISABLED="true"))
    assert result.code == 0 and result.summary["videos_downloaded"] == 2, result
    assert sorted(one["sha256"] for one in bucket.objects().values()) == \
        sorted(row[0] for row in disturbed.sql("SELECT lower(hex(sha256)) FROM video"))


def test_a_video_in_the_browser_and_a_workbook_are_whole(disturbed, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 300_000}})
    assert disturbed.run(gateway, disturbed.csv("a")).code == 0
    pages = Pages(disturbed)
    try:
        assert hashlib.sha256(pages.ask("/video/1/a").body).hexdigest() == disturbed.sql("SELECT lower(hex(sha256)) FROM video")[0][0]
    finally:
        pages.end()
    report = ["report", "--from", "2000-01-01", "--to", "2100-01-01", "--format", "xlsx", "-o"]
    assert disturbed(*report, "one.xlsx").code == 0
    assert disturbed(*report, "other.xlsx", env={"FAULT_AT": "0"}).code == 0
    assert (disturbed.folder / "one.xlsx").read_bytes() == (disturbed.folder / "other.xlsx").read_bytes()


def test_a_schema_in_the_log_is_read(disturbed):
    """A reader of the old state keeps the upgrade in the write-ahead log, where its number is read without SQLite."""
    version = torture.Bench.old_versions()[0]
    disturbed.ledger.parent.mkdir(parents=True)
    with sqlite3.connect(disturbed.ledger) as database:
        database.executescript((torture.ROOT / f"tests/data/ledgers/v{version}.sql").read_text() + "PRAGMA journal_mode = WAL;")
    database.close()
    disturbed.ledger.chmod(0o600)
    reader = sqlite3.connect(disturbed.ledger)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    assert disturbed("db", "migrate", env={"FAULT_AT": "0"}).code == 0
    in_file = int.from_bytes(disturbed.ledger.read_bytes()[60:64], "big")
    assert in_file == version, "the upgrade is in the log alone"
    backups = sorted(disturbed.ledger.parent.glob("*.backup-*"))
    told = disturbed("db", "migrate")
    reader.close()
    assert told.code == 0 and sorted(disturbed.ledger.parent.glob("*.backup-*")) == backups and "upgraded" not in told.err, told
