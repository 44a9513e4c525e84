"""The independent checker (tests/checker) for tests of the real binary: what it needs of a program's folder."""
import json
import sqlite3
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests/checker"))
import checker  # noqa: E402


def seen(program, ledger=None):
    """What the ledger shows now, and must show for ever."""
    database = sqlite3.connect(f"file:{ledger or program.ledger}?mode=ro", uri=True)
    try:
        return (set(database.execute("SELECT snapshot_id, task_id, raw_sha256 FROM v_snapshot")),
                set(database.execute("SELECT task_id, video_index, sha256, path FROM v_video WHERE state = 'done'")))
    finally:
        database.close()


def summaries(program):
    return [json.loads(line) for result in program.output for line in result.out.splitlines() if '"type":"summary"' in line]


def findings(program, gateways, ledger=None, found=None, **more):
    """All that the checker finds; `found`: what is published elsewhere than in the program's output folder."""
    return checker.check(ledger or program.ledger, checker.Sent([gateway.log_path for gateway in gateways]),
                         checker.folder_files(program.videos) if found is None else found, summaries=summaries(program), **more)


def prove(program, *gateways, **more):
    told = findings(program, gateways, **more)
    assert not told, told
