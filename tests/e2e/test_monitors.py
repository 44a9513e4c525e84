"""What monitors get from a run: metrics, the status file, progress lines, SIGUSR1."""
import codecs
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
    # How many there are is known when the list has been read, which may be a moment after the first query.
    assert result.code == 4 and len(re.findall("tasks 1 (?:of 1 )?asked", result.err)) == 1, result


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
    assert "  0 %" in text and "100 %" not in text, "nothing is finished, in the first frame neither"
    assert all(len(line) < columns for line in re.split(r"\x1b\[\d*[A-Za-z]|\r|\n", text) if line.startswith(("tasks ", "time ")))
    shown = [line for line in screen(text) if line.strip() and not line.startswith("reeltally: ")]
    assert re.match(rf"run 1: (not finished|stopped by SIGINT) after \S+, exit code {code}$", shown[0]), shown
    assert shown[1:3] == ["  succeeded      0 tasks", "  left           2 unfinished"], shown
    assert shown[-1].startswith("  next           reeltally run --pending --wait --poll-interval 50ms --base-url http://"), shown


class Terminal:
    """A terminal that wraps long lines anew when it is resized; supports only the sequences that the program uses."""

    def __init__(self, columns, rows=24):
        self.ours, self.its = pty.openpty()
        self.lines, self.text = [""], ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.resize(columns, rows)

    def resize(self, columns, rows=24):
        self.columns = columns
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def height(self, line):
        return max(1, -(-len(line) // self.columns))

    def feed(self, text):
        self.text += text
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\r\n\x1b]+", text):
            if part == "\n":
                self.lines.append("")
            elif part == "\r":
                pass  # the sequences that follow go to the first column of a line
            elif part.endswith("A") and part.startswith("\x1b"):
                up = int(part[2:-1] or 1) - (self.height(self.lines[-1]) - 1)
                while up > 0:
                    self.lines.pop()
                    up -= self.height(self.lines[-1])
                assert up == 0, "the cursor goes into the middle of a line"
            elif part == "\x1b[J":
                self.lines[-1] = ""
            elif not part.startswith("\x1b"):
                self.lines[-1] += part

    def read(self):
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self.feed(self.decoder.decode(data))
        return bool(data)


def watched(terminal, reeltally, gateway, *flags, env=None, each=lambda shown: None):
    """Runs on the terminal; calls `each` with what it shows whenever that changes."""
    process = subprocess.Popen([BINARY, "run", *reeltally.flags(gateway), *flags], cwd=reeltally.folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=terminal.its, env={**reeltally.env, "TERM": "xterm", **(env or {})})
    os.close(terminal.its)
    until = time.monotonic() + PATIENCE
    while terminal.read():
        assert time.monotonic() < until
        each([line for line in terminal.lines if line])
    os.close(terminal.ours)
    return process.wait(PATIENCE), json.loads(process.stdout.read())


@pytest.mark.parametrize("polls, said", [(["500"], r"gateway: HTTP 500 \(\d+\)"), (["429"], r"gateway: HTTP 429 \(\d+\)"),
                                         (None, r"gateway: no connection \(\d+\)"), (["IN_PROGRESS"], None)])
def test_a_terminal_says_why_no_answer_comes(reeltally, make_gateway, polls, said):
    gateway, terminal, seen = make_gateway(default={"polls": polls or ["500"]}), Terminal(80), []
    nowhere = [] if polls else ["--base-url", "http://127.0.0.1:9"]
    code, _ = watched(terminal, reeltally, gateway, *nowhere, "--wait", "--poll-interval", "100ms", "--deadline", "2s", "--color", "never",
                      reeltally.csv("a", "b"), each=lambda shown: seen.extend(line for line in shown if line.startswith("gateway: ")))
    assert code == 4 and any(re.fullmatch(said or "never", line) for line in seen) == (said is not None) and bool(seen) == bool(said), seen


@pytest.mark.parametrize("locale, done", [("C.UTF-8", "\u28ff"), ("C", "#")])
def test_a_terminal_shows_the_videos_under_way_whatever_its_size(reeltally, make_gateway, locale, done):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    terminal = Terminal(100)
    widths, seen, bars = iter([40, 200, 57, 80]), [], []

    def look(shown):
        seen.extend(line for line in shown if line.startswith("  t"))
        bars.extend(line for line in shown if line.startswith("["))
        if len(seen) > 10 * (4 - widths.__length_hint__()) or len(bars) > 8 * (5 - widths.__length_hint__()):
            terminal.resize(next(widths, 80))

    code, summary = watched(terminal, reeltally, gateway, "--limit-rate", "60KB", "--color", "never",
                            reeltally.csv(*(f"task_{number}" for number in range(5))), env={"LC_ALL": locale}, each=look)
    assert code == 0 and summary["videos_downloaded"] == 5
    assert any(re.match(r"  task_\d +[\d.]+ KiB +\d+ % +[\d.]+ \w+/s +expires in ", line) for line in seen), seen
    shares = [int(re.search(r"(\d+) %", line)[1]) for line in bars]
    assert done in "".join(bars) and shares == sorted(shares) and len(set(shares)) > 1, bars
    assert (done == "#") == terminal.text.isascii()
    shown = [line for line in terminal.lines if line and not line.startswith("reeltally: ")]
    assert re.match(r"run 1: done after \S+, exit code 0$", shown[0]) and len(shown) == 3, shown
    assert re.match(r"  succeeded +5 tasks, 5 videos downloaded, ", shown[1]), shown
    assert shown[2].split() == ["next", "nothing", "is", "left", "to", "do"], shown
