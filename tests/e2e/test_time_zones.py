"""Time zones as other machines have them: slim files, and no database at all."""
import shutil
import subprocess

import pytest

from conftest import BINARY

ZIC = shutil.which("zic") or shutil.which("zic", path="/usr/sbin")
SOURCE = "/usr/share/zoneinfo/tzdata.zi"


def report_with(database, folder, zone):
    script = f"mount --bind '{database}' /usr/share/zoneinfo || exit 99\n'{BINARY}' report --period 2026 --tz {zone}"
    result = subprocess.run(["unshare", "-rm", "sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "XDG_STATE_HOME": str(folder / "state")}, timeout=60)
    if result.returncode == 99 or "unshare" in result.stderr:
        pytest.skip("cannot mount here")
    return result


@pytest.fixture
def july(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]})
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0
    reeltally.check_ledger = False  # its rows are moved in time below, and no longer follow from the answer
    subprocess.run(["sqlite3", reeltally.ledger, "UPDATE task SET submit_time = 1783036800000, start_time = NULL, "
                    "finish_time = 1783036800000"], check=True)  # 2026-07-03T00:00:00Z
    return reeltally


def test_slim_files_know_daylight_saving_time(july):
    if ZIC is None or subprocess.run(["test", "-e", SOURCE]).returncode:
        pytest.skip("needs zic and the source of the tz database")
    slim = july.folder / "slim"
    subprocess.run([ZIC, "-b", "slim", "-d", slim, SOURCE], check=True, stderr=subprocess.DEVNULL)
    for zone, local in (("Europe/Berlin", "2026-07-03T02:00:00+02:00"), ("America/New_York", "2026-07-02T20:00:00-04:00"),
                        ("Asia/Shanghai", "2026-07-03T08:00:00+08:00")):
        result = report_with(slim, july.folder, zone)
        assert result.returncode == 0 and local in result.stdout, result


def test_utc_needs_no_database(july):
    empty = july.folder / "empty"
    empty.mkdir()
    result = report_with(empty, july.folder, "UTC")
    assert result.returncode == 0 and "2026-07-03T00:00:00+00:00" in result.stdout, result
    result = report_with(empty, july.folder, "Europe/Berlin")
    assert result.returncode == 2 and "no time zone 'Europe/Berlin'" in result.stderr, result
