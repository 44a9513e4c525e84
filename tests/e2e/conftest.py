"""Shared by the end-to-end tests: the test gateway, the real binary, and queries of the ledger."""
import decimal
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import urllib.request

import pytest

import chain

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("REELTALLY_BIN", str(ROOT / "build/release/reeltally"))
KEY = "sk-canary-4b1d9e7f"  # never to be seen anywhere but at the gateway
TOKEN = "token-canary-77c1e0aa"  # the same of a user
PATIENCE = 240  # a sanitizer on a busy machine needs a minute where a quiet one needs seconds


def exact(text):
    """The JSON with its numbers as they are written: a float would round amounts."""
    return json.loads(text, parse_float=decimal.Decimal)


class Gateway:
    """One test gateway process; ended with its test."""

    def __init__(self, folder, scenario, lifetime=120):
        scenario = dict({"key": KEY}, **scenario)
        (folder / "scenario.json").write_text(json.dumps(scenario))
        self.log_path = folder / "requests.jsonl"
        self.process = subprocess.Popen(
            ["/usr/bin/python3", str(ROOT / "tests/support/gateway/gateway.py"), "--scenario",
             str(folder / "scenario.json"), "--log", str(self.log_path), "--lifetime", str(lifetime)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ports = json.loads(self.process.stdout.readline())
        self.port, self.storage_port = ports["api"], ports["storage"]
        self.base = f"http://127.0.0.1:{self.port}"

    def set_clock(self, offset):
        urllib.request.urlopen(f"{self.base}/control/clock?{offset}").read()

    def log(self, **wanted):
        lines = [json.loads(line) for line in self.log_path.read_text().splitlines()]
        return [line for line in lines if all(line.get(k) == v for k, v in wanted.items())]

    def queries(self, task_id=None):
        found = [r for r in self.log(event="request", storage=False) if r["path"].startswith("/v1/video/generations/")]
        return found if task_id is None else [r for r in found if r["path"].endswith("/" + task_id)]

    def fetches(self):
        return self.log(event="request", storage=True)

    def close(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(60)


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def summary(self):
        return [json.loads(line) for line in self.out.splitlines() if '"type":"summary"' in line][-1]

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Reeltally:
    """Runs the real binary in its own folder and environment."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "XDG_STATE_HOME": str(folder / "state"),
                    "ANYFAST_API_KEY": KEY, "ASAN_OPTIONS": "detect_leaks=1", "TZ": "America/New_York"}
        self.ledger = folder / "state/reeltally/reeltally.db"
        self.videos = folder / "videos"
        self.output = []
        self.started = []

    def start(self, *arguments, stdin=subprocess.DEVNULL, env=None, wrapper=()):
        process = subprocess.Popen([*wrapper, BINARY, *map(str, arguments)], cwd=self.folder, stdin=stdin,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(self.env, **(env or {})))
        self.started.append(process)
        return process

    def finish(self, process, data=None):
        out, err = process.communicate(data, timeout=PATIENCE)
        result = Result(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
        self.output.append(result)
        return result

    def __call__(self, *arguments, stdin=None, env=None, wrapper=()):
        process = self.start(*arguments, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL, env=env,
                             wrapper=wrapper)
        return self.finish(process, stdin)

    def run(self, gateway, *arguments, **more):
        return self("run", *self.flags(gateway), *arguments, **more)

    def runs_apart(self, runs, gateway, *arguments):
        """The results of runs that are ten minutes apart."""
        results = [self.run(gateway, *arguments)]
        while len(results) < runs:
            self.let_time_pass(10)
            results.append(self.run(gateway, *arguments))
        return results

    @staticmethod
    def flags(gateway):
        return ["--base-url", gateway.base, "--allow-http", "--allow-private-hosts", "--min-free", "0", "--json"]

    def user(self, token=TOKEN, user_id=2):
        """The options of a user access token."""
        path = self.folder / "token"
        path.write_text(token + "\n")
        path.chmod(0o600)
        return ["--user-token-file", path, *(["--user-id", user_id] if user_id else [])]

    def csv(self, *ids, header="task_id"):
        path = self.folder / "tasks.csv"
        path.write_text("\n".join(([header] if header else []) + list(ids)) + "\n")
        return path

    def sql(self, query, *values):
        with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as database:
            return database.execute(query, values).fetchall()

    def let_time_pass(self, minutes):
        """Moves all answers in the ledger that far into the past."""
        with sqlite3.connect(self.ledger) as database:
            guard = database.execute("SELECT sql FROM sqlite_schema WHERE name = 'snapshot_is_fixed'").fetchone()[0]
            database.execute("DROP TRIGGER snapshot_is_fixed")
            database.execute("UPDATE snapshot SET observed_at = observed_at - ?", (minutes * 60_000,))
            database.execute("UPDATE task SET last_query = last_query - :ms, not_found_at = not_found_at - :ms",
                             {"ms": minutes * 60_000})
            database.execute(guard)
            chain.make_anew(database)

    def states(self):
        return dict(self.sql("SELECT task_id, state FROM v_task"))

    def files(self):
        return sorted(str(p.relative_to(self.videos)) for p in self.videos.rglob("*") if p.is_file()) if self.videos.exists() else []


def check_base(program):
    """Checks that hold after every test (design.md, section 6)."""
    if program.ledger.exists() and program.ledger.stat().st_size and program.check_ledger:
        result = subprocess.run([BINARY, "db", "check"], cwd=program.folder, env=program.env, capture_output=True,
                                text=True, timeout=PATIENCE)
        assert result.returncode == 0, result.stderr
        assert program.ledger.stat().st_mode & 0o777 == 0o600
    for result in program.output:
        for text in (result.out, result.err):
            assert KEY not in text, "the key was printed"
            assert TOKEN not in text, "the user access token was printed"
            assert not re.search(r"Signature=[A-Za-z0-9%]", text), "a signed link was printed"
            assert "\x1b" not in text, "an escape sequence was printed into a pipe"
            assert "AddressSanitizer" not in text and "runtime error:" not in text, text
    for path in program.folder.rglob("*"):
        if path.is_file() and path.stat().st_size < 50_000_000:
            holds = path.read_bytes()
            assert KEY.encode() not in holds or path.name in ("scenario.json", "requests.jsonl", "key"), path
            assert TOKEN.encode() not in holds or path.name in ("scenario.json", "requests.jsonl", "token"), path


@pytest.fixture
def reeltally(tmp_path):
    program = Reeltally(tmp_path)
    program.check_ledger = True
    yield program
    for process in program.started:
        if process.poll() is None:  # the test failed before it ended
            process.kill()
            process.wait()
    check_base(program)


@pytest.fixture
def make_gateway(tmp_path):
    gateways = []

    def make(**scenario):
        folder = tmp_path / f"gateway{len(gateways)}"
        folder.mkdir()
        gateways.append(Gateway(folder, scenario))
        return gateways[-1]
    yield make
    for gateway in gateways:
        gateway.close()
    for gateway in gateways:
        # The key goes to the gateway alone, and only to the gateway.
        leaked = [r for r in gateway.fetches() if r["authorization"]]
        assert not leaked, leaked
