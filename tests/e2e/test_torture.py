"""A small part of tools/torture, which takes hours."""
import pytest

import torture


def test_nothing_is_lost():
    skipped = torture.torture({"kill": 4, "double": 2, "calls": 6, "shorts": 3, "memory": 3, "power": 2}, seed=3, tell=print)
    if skipped:
        pytest.skip("; ".join(skipped))


def test_a_video_that_was_not_recorded_never_comes_twice(tmp_path):
    """Not even if the file that a killed run left under its name cannot be opened once."""
    bench = torture.Bench(tmp_path)
    try:
        job = next(job for job in bench.jobs() if job.name == "adopt")
        opens = range(1, bench.calls_of(job)["open"] + 1)
        torture.sweep(bench, [(job, "open", at, (torture.ERRORS["EIO"], False)) for at in opens], print)
    except torture.Skipped as why:
        pytest.skip(str(why))
    finally:
        bench.gateway.close()


def test_a_lock_that_cannot_be_examined_ends_the_run(tmp_path):
    bench = torture.Bench(tmp_path)
    try:
        job = next(job for job in bench.jobs() if job.name == "beside")
        torture.sweep(bench, [(job, "stat", at, (torture.ERRORS["EIO"], True)) for at in range(5, 11)], print)
    except torture.Skipped as why:
        pytest.skip(str(why))
    finally:
        bench.gateway.close()


def test_a_simulation_that_fails_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr(torture, "BINARY", tmp_path / "reeltally")
    (tmp_path / "tests").mkdir()
    program = tmp_path / "tests/core_test"
    told = []
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    torture.simulate_crews(None, 1200, told.append)
    assert told[-1] == "1200 of 1200 simulated crews"
    program.write_text('#!/bin/sh\necho "seed $REELTALLY_SEED"\n[ "$REELTALLY_SEED" -ne 501 ]\n')
    with pytest.raises(torture.Finding, match="seed 501"):
        torture.simulate_crews(None, 1200, told.append)
