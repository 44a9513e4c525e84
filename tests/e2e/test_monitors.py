"""What monitors see of a run: metrics, the status file, progress lines, SIGUSR1."""
import json
import signal
import time

import pytest


def test_metrics_and_status_file(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "b": {"polls": ["failure"]}, "c": {"polls": ["500", "failure"]}})
    metrics, status = reeltally.folder / "m.prom", reeltally.folder / "s.json"
    flags = ["--metrics-file", metrics, "--status-file", status, "--retries", "0", reeltally.csv("a", "b", "c")]
    assert reeltally.run(gateway, *flags).code == 3
    assert json.loads(status.read_text())["exit_code"] == 3
    text = metrics.read_text()
    assert metrics.stat().st_mode & 0o777 == 0o644
    assert 'reeltally_tasks{state="succeeded"} 1' in text and "reeltally_last_run_exit_code 3" in text
    assert reeltally.run(gateway, *flags).code == 0
    assert json.loads(status.read_text())["exit_code"] == 0
    assert 'reeltally_tasks{state="failed"} 2' in metrics.read_text(), "counts are the ledger's"


def test_progress_lines_only_when_asked(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    flags = ["--wait", "--poll-interval", "100ms", "--deadline", "1s", reeltally.csv("a")]
    quiet = reeltally.run(gateway, *flags)
    asked = reeltally.run(gateway, "--progress-interval", "200ms", *flags)
    assert len(asked.err.splitlines()) >= len(quiet.err.splitlines()) + 3, asked


def test_sigusr1_tells_once(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    process = reeltally.start("run", *reeltally.flags(gateway), "--wait", "--poll-interval", "50ms", "--deadline", "1s",
                              reeltally.csv("a"))
    while not gateway.queries():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGUSR1)
    result = reeltally.finish(process)
    assert result.code == 4 and result.err.count("tasks 1 of 1 asked") == 1, result
