"""`tools/torture release`: pieces that are counted in a file, with parts that do nothing."""
import json
import subprocess

import pytest

import torture
import torture_release
from conftest import BINARY, ROOT


@pytest.fixture
def played(tmp_path, monkeypatch):
    """The calls of torture.torture, which do nothing."""
    calls = []
    monkeypatch.setattr(torture_release, "NEEDED", {"kill": (250, 100), "runs": (30, 30)})
    monkeypatch.setattr(torture, "torture", lambda parts, seed, tell, first: calls.append((parts, seed, first)) or [])
    return calls


def test_all_is_done_in_pieces_and_shown(played, tmp_path):
    kept = torture_release.release(tmp_path / "kept", BINARY, 7, print)
    assert played == [({"kill": 100}, 7, 1), ({"kill": 100}, 107, 101), ({"kill": 50}, 207, 201), ({"runs": 30}, 7, 1)]
    assert kept.is_complete and "| kills at a random moment | 250 | 250 | 0.0 |  |" in kept.table()


def test_an_interrupted_one_goes_on(played, tmp_path, monkeypatch):
    def interrupt(parts, seed, tell, first):
        if first > 1:
            raise KeyboardInterrupt
        return []
    monkeypatch.setattr(torture, "torture", interrupt)
    with pytest.raises(KeyboardInterrupt):
        torture_release.release(tmp_path / "kept", BINARY, 7, print)
    kept = torture_release.Kept(tmp_path / "kept", BINARY)
    assert kept.part("kill")["done"] == 100 and not kept.is_complete and "| 100 | 250 | 0.0 | to do |" in kept.table()
    monkeypatch.setattr(torture, "torture", lambda parts, seed, tell, first: played.append((parts, first)) or [])
    assert torture_release.release(tmp_path / "kept", BINARY, 7, print).is_complete
    assert played == [({"kill": 100}, 101), ({"kill": 50}, 201), ({"runs": 30}, 1)]


def test_another_program_begins_anew(played, tmp_path):
    (tmp_path / "kept").write_text(json.dumps({"program": "x", "parts": {"kill": {"done": 250, "seconds": 0, "note": ""}}}))
    told = []
    torture_release.release(tmp_path / "kept", BINARY, 7, told.append)
    assert "is of another program" in told[0] and played[0] == ({"kill": 100}, 7, 1)


def test_a_finding_is_kept_and_nothing_is_counted(played, tmp_path, monkeypatch):
    def find(parts, seed, tell, first):
        raise torture.Finding("a task\nis lost")
    monkeypatch.setattr(torture, "torture", find)
    with pytest.raises(torture.Finding):
        torture_release.release(tmp_path / "kept", BINARY, 7, print)
    assert "| 0 | 250 | 0.0 | FINDING (seed 7): a task is lost |" in torture_release.Kept(tmp_path / "kept", BINARY).table()


def test_what_was_skipped_is_not_complete(played, tmp_path, monkeypatch):
    monkeypatch.setattr(torture, "torture", lambda parts, seed, tell, first: ["kill: skipped: no root"] if "kill" in parts else [])
    kept = torture_release.release(tmp_path / "kept", BINARY, 7, print)
    assert not kept.is_complete and "| 0 | 250 | 0.0 | kill: skipped: no root |" in kept.table()


def test_each_part_has_its_figure_and_its_words():
    assert torture_release.NEEDED.keys() == torture.PARTS.keys() == torture_release.WORDS.keys()


def test_the_options_of_another_use_are_refused(tmp_path):
    for arguments in (["--keep", tmp_path / "x", "kill=1"], ["--seconds", "1", "release"], ["release", "kill=1"]):
        done = subprocess.run([ROOT / "tools/torture", "--binary", BINARY, *arguments], capture_output=True)
        assert done.returncode == 2, done
