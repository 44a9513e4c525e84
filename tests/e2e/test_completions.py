"""The generated completions in the shells themselves: bash and zsh on a pseudo-terminal, fish by its own query."""
import os
import pathlib
import pty
import select
import subprocess
import time

import pytest

from conftest import BINARY, PATIENCE

TEXTS = pathlib.Path(BINARY).resolve().parent / "texts/completions"
PROMPT = "ready> "


class Terminal:
    """An interactive shell without the user's files."""

    def __init__(self, command, folder, setup):
        environment = {"PATH": f"{pathlib.Path(BINARY).resolve().parent}:/usr/bin:/bin", "HOME": str(folder),
                       "TERM": "dumb", "PS1": PROMPT, "LC_ALL": "C.UTF-8"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(command[0], command, environment)
        self.send(f"PS1='{PROMPT}'; {setup}; echo set''up\n")
        self.wait_for("setup")

    def send(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, *wanted):
        """Reads the output of the shell until all of `wanted` is in it."""
        seen, end = "", time.monotonic() + PATIENCE / 3
        while not all(text in seen for text in wanted):
            assert time.monotonic() < end, f"{wanted} never came: {seen!r}"
            if select.select([self.terminal], [], [], 0.2)[0]:
                seen += os.read(self.terminal, 65536).decode("utf-8", "replace")
        return seen

    def complete(self, text, *wanted):
        self.send(text + "\t\t")
        self.wait_for(*wanted)
        self.send("\x15\n")  # drops the line

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "some-tasks.csv").write_text("a\n")
    (tmp_path / "some-videos").mkdir()
    (tmp_path / ".config/reeltally").mkdir(parents=True)
    (tmp_path / ".config/reeltally/config.toml").write_text('[account.studio]\napi-key-env = "A"\n[account.south]\napi-key-env = "B"\n')
    return tmp_path


@pytest.fixture(params=["bash", "zsh"])
def terminal(request, folder):
    if request.param == "bash":
        shell = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], folder, f"source {TEXTS}/reeltally.bash")
    else:
        shell = Terminal(["/usr/bin/zsh", "-f", "-i"], folder,
                         f"unsetopt zle_bracketed_paste; fpath=({TEXTS} $fpath); autoload -Uz compinit; compinit -u -D")
    yield shell
    shell.close()


def test_on_a_terminal(terminal):
    terminal.complete("reeltally ", "reconcile", "doctor", "verify")
    terminal.complete("reeltally db ", "migrate", "backup", "prune")
    terminal.complete("reeltally prices check some-t", "asks.csv")
    terminal.complete("reeltally run --download-c", "oncurrency")
    terminal.complete("reeltally db prune --older", "-than")
    terminal.complete("reeltally report --format ", "focus", "html")
    terminal.complete("reeltally run --log-format=", "text", "json")
    terminal.complete("reeltally run --output some-", "videos/")
    terminal.complete("reeltally run some-t", "asks.csv")
    terminal.complete("reeltally report --output some-t", "asks.csv")
    terminal.complete("reeltally report --by mo", "nth", "del")
    terminal.complete("reeltally report --tz Europe/Berl", "in")
    terminal.complete("reeltally run --account stud", "io")


def fish(folder, line):
    script = f"source {TEXTS}/reeltally.fish; complete -C '{line}'"
    done = subprocess.run(["/usr/bin/fish", "--no-config", "-c", script], cwd=folder, capture_output=True, text=True,
                          timeout=PATIENCE,
                          env={"HOME": str(folder), "PATH": f"{pathlib.Path(BINARY).resolve().parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and not done.stderr, done.stderr
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("line, wanted", [
    ("reeltally ", ["audit", "close", "config", "db", "doctor", "forecast", "forget", "import", "prices", "reconcile", "report", "run", "runs",
                    "serve", "status", "verify"]),
    ("reeltally db ", ["backup", "check", "copy", "migrate", "prune"]),
    ("reeltally prices ", ["check"]),
    ("reeltally prices check some-t", ["some-tasks.csv"]),
    ("reeltally run --download-c", ["--download-concurrency"]),
    ("reeltally db prune --older", ["--older-than"]),
    ("reeltally report --format ", ["csv", "focus", "html", "json", "xlsx"]),
    ("reeltally run --log-format=", ["--log-format=json", "--log-format=text"]),
    ("reeltally run --output some-", ["some-videos/"]),
    ("reeltally run some-t", ["some-tasks.csv"]),
    ("reeltally report --output some-t", ["some-tasks.csv"]),
    ("reeltally report some-t", []),
    ("reeltally report --by mo", ["model", "month"]),
    ("reeltally close --tz Europe/Berl", ["Europe/Berlin"]),
    ("reeltally report --tz UT", ["UTC"]),
    ("reeltally run --account s", ["south", "studio"]),
])
def test_in_fish(folder, line, wanted):
    assert sorted(fish(folder, line)) == wanted


@pytest.mark.parametrize("command", ["run", "import", "status", "runs", "report", "close", "audit", "reconcile", "forecast", "verify", "doctor", "serve", "forget",
                                     "prices check", "db migrate", "db check", "db backup", "db copy", "db prune", "config"])
def test_every_option_of_help_is_offered(folder, command):
    """In bash and in fish; only the left column of help counts."""
    text = subprocess.run([BINARY, *command.split(), "--help"], capture_output=True, text=True, timeout=PATIENCE).stdout
    wanted = {word for line in text.splitlines() if line[:6].strip() in ("", "-" + line[3:4] + ",")
              for word in line[6:].split()[:1] if line[6:8] == "--"}
    assert len(wanted) > 8
    assert set(fish(folder, f"reeltally {command} --")) == wanted
    words = command.split() + ["--"]
    script = (f"source {TEXTS}/reeltally.bash; COMP_WORDS=(reeltally {' '.join(words)}); COMP_CWORD={len(words)}; "
              "_reeltally; printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert set(done.stdout.split()) == wanted, done.stderr
