"""What monitors get from a run: metrics, the status file, progress lines, SIGUSR1."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import pytest

from conftest import BINARY, PATIENCE


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
    flags = ["--wait", "--poll-interval", "100ms", "--deadline", "600ms", reeltally.csv("a")]
    quiet = reeltally.run(gateway, *flags)
    asked = reeltally.run(gateway, "--progress-interval", "100ms", *flags)
    assert len(asked.err.splitlines()) >= len(quiet.err.splitlines()) + 3, asked


def test_sigusr1_reports_once(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    process = reeltally.start("run", *reeltally.flags(gateway), "--wait", "--poll-interval", "50ms", "--deadline", "1s",
                              reeltally.csv("a"))
    while not gateway.queries():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGUSR1)
    result = reeltally.finish(process)
    assert result.code == 4 and result.err.count("tasks 1 of 1 asked") == 1, result


def screen(text):
    """What a terminal shows at the end; supports only the sequences that the program uses."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\r\n\x1b]+", text):
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, column
            lines += [""] * (row + 1 - len(lines))
        elif part.startswith("\x1b["):
            count, what = int(part[2:-1] or 1), part[-1]
            assert what in "AJ", part
            if what == "A":
                row -= count
            else:
                lines = lines[:row] + [lines[row][:column]]
        else:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part):]
            column += len(part)
    return lines


@pytest.mark.parametrize("columns, end, code", [(80, None, 4), (40, signal.SIGINT, 130)])
def test_the_block_on_a_terminal_is_gone_in_the_end(reeltally, make_gateway, columns, end, code):
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    flags = ["--wait", "--poll-interval", "50ms", "--deadline", "20s" if end else "900ms", "--color", "never"]
    process = subprocess.Popen([BINARY, "run", *reeltally.flags(gateway), *flags, reeltally.csv("a", "b")], cwd=reeltally.folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=its, env={**reeltally.env, "TERM": "xterm"})
    os.close(its)
    text, until = "", time.monotonic() + PATIENCE
    try:
        while data := os.read(ours, 65536):
            text += data.decode()
            assert time.monotonic() < until
            if end and text.count("asked") > 2:
                process.send_signal(end)
                end = None
    except OSError:
        pass  # EIO: nobody has the terminal open any more
    os.close(ours)
    assert process.wait(PATIENCE) == code and json.loads(process.stdout.read())["type"] == "summary", text
    assert text.count("tasks   2 of 2 asked") >= 2
    assert all(len(line) < columns for line in re.split(r"\x1b\[\d*[A-Za-z]|\r|\n", text) if line.startswith(("tasks ", "time ")))
    assert not [line for line in screen(text) if line.strip() and not line.startswith("reeltally: ")], screen(text)
