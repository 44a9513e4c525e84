"""What tools/torture does to the real binary, and what must hold afterwards (design.md, S1 to S9, S13, D12, P5).

A job is a command on a ledger that is laid out anew each time. Whatever happened to it, then: no crash but the kill that
was asked for, no hang; `db check` is clean; nothing that was seen in the ledger is gone; every recorded video is there,
whole; exit 0 only with all of the outcome; and the same command, run again undisturbed, ends as if nothing had happened.
"""
import concurrent.futures
import ctypes
import fcntl
import hashlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import time

import pytest

import containers
import crews
import differential
from conftest import BINARY, ROOT, Gateway, Reeltally
from proof import checker

SHIM = ROOT / "tests/support/torture/fault_shim.cc"
ERRORS = {"EIO": 5, "ENOSPC": 28, "EINTR": 4}
HANG = 100  # seconds; far beyond every time limit that jobs are given
SEEDS_AT_ONCE = 500
DOCUMENTS_AT_ONCE = 1000
DAYS = 86400
VIDEO = {"size": 70000, "life": 90 * DAYS}
# Links that say when they end; the newer kinds of signature may live for a week at most.
RULES = [["a-", {"vendor": "happyhorse", "video": VIDEO}], ["k-", {"vendor": "kling", "video": VIDEO}],
         ["s-", {"vendor": "minimax", "video": dict(VIDEO, size=20000)}], ["f-", {"polls": ["failure"]}],
         ["p-", {"vendor": "hailuo", "polls": ["IN_PROGRESS", "success"], "video": VIDEO}]]
OUTCOME = """SELECT t.task_id, t.state, t.status, t.model, t.duration_seconds, t.completion_tokens, t.units, t.quota,
                    v.video_index, v.state, v.bytes, v.sha256, v.path
             FROM v_task AS t LEFT JOIN v_video AS v USING (account, task_id) ORDER BY 1, 9"""


class Finding(Exception):
    pass


class Skipped(Exception):
    pass


class Job:
    """A command, the ledger it begins with, and what a ledger must hold when it is done."""

    def __init__(self, name, base, arguments, outcome, code=0):
        self.name, self.base, self.arguments, self.outcome, self.code = name, base, arguments, outcome, code


def make_shim(folder):
    if b"libasan" in subprocess.run(["ldd", BINARY], stdout=subprocess.PIPE).stdout:
        raise Skipped("the address sanitizer has an allocator of its own")
    shim = folder / "fault_shim.so"
    subprocess.run(["g++", "-std=c++20", "-O1", "-shared", "-fPIC", "-Wno-ignored-attributes", "-o", shim, SHIM], check=True)
    return shim


class Bench:
    """A folder with the ledgers that jobs begin with, and the gateway."""

    def __init__(self, folder, seed=1, first=1):
        self.dice = random.Random(seed)
        self.first = first  # of the seeds of simulations
        self.folder = pathlib.Path(folder)
        self.place = self.folder / "place"  # the job's own; a file system of its own during power cuts
        self.place.mkdir()
        self.program = Reeltally(self.place)
        self.program.env.pop("ASAN_OPTIONS")
        (self.folder / "gateway").mkdir()
        self.gateway = Gateway(self.folder / "gateway", {"rules": RULES, "latency_ms": 2, "jitter_ms": 2}, lifetime=2 * DAYS)
        self.sent = checker.Sent([self.gateway.log_path])
        self.gateway.set_clock(-40 * DAYS)  # so that all that is finished lies in a month that is over
        self.shim = None
        self.tasks = self.log_at = 0
        self.known, self.counts = {}, {}
        self.make_bases()

    # ---- the program

    def run_flags(self, *more):
        return ["run", *Reeltally.flags(self.gateway), "--wait", "--poll-interval", "20ms", "--stale-after", "1000d", "--deadline",
                "60s", "--timeout", "5s", "--stall-timeout", "5s",
                "--concurrency", "4", "--output", str(self.program.videos), *more]

    def start(self, arguments, faults=None):
        env = dict(self.program.env, **(faults or {}))
        if faults is not None:
            env["LD_PRELOAD"] = str(self.shim_path())
        return subprocess.Popen([BINARY, *map(str, arguments)], cwd=self.place, env=env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        try:
            out, err = process.communicate(timeout=HANG)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Finding(f"hangs for {HANG} s")
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def undisturbed(self, arguments, code=0):
        got, out, err = self.finish(self.start(arguments))
        if got != code:
            raise Finding(f"undisturbed: exit {got}: {' '.join(map(str, arguments))}: {err[-500:]}")
        return out

    def shim_path(self):
        self.shim = self.shim or make_shim(self.folder)
        return self.shim

    # ---- ledgers to begin with

    def clear(self):
        for path in self.place.iterdir():
            if path.name != "lost+found":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def lay_out(self, base):
        self.clear()
        (self.folder / "hooked").unlink(missing_ok=True)
        if base is not None:
            shutil.copytree(self.folder / base, self.place, dirs_exist_ok=True)

    def keep(self, base):
        shutil.copytree(self.place, self.folder / base)

    def make_bases(self):
        self.ids = ["a-1", "k-1", "s-1", "f-1", "a-2", "f-2"]
        run = self.run_flags(self.csv(self.ids))
        self.undisturbed(run)
        self.keep("full")
        self.full_files = self.files()
        (self.program.videos / "a-1.mp4").unlink()
        self.keep("lacking")
        self.clear()
        self.undisturbed(self.run_flags("--no-download", self.csv(self.ids)))
        self.keep("queried")
        # As a run leaves it that dies between a video's name and its record.
        shutil.copytree(self.folder / "full" / self.program.videos.name, self.program.videos)
        (self.program.videos / "a-1.mp4").unlink()
        self.keep("unrecorded")
        for version in self.old_versions():
            self.clear()
            self.program.ledger.parent.mkdir(parents=True)
            with sqlite3.connect(self.program.ledger) as database:
                database.executescript((ROOT / f"tests/data/ledgers/v{version}.sql").read_text() + "PRAGMA journal_mode = WAL;")
            database.close()
            self.program.ledger.chmod(0o600)
            self.keep(f"old{version}")
        self.clear()

    @staticmethod
    def old_versions():
        return sorted(int(path.stem[1:]) for path in (ROOT / "tests/data/ledgers").glob("v*.sql"))

    def hook(self):
        """A program for --exec that notes the path that it gets."""
        path = self.folder / "hook"
        path.write_text(f'#!/bin/sh\necho "$1" >> "{self.folder}/hooked"\n')
        path.chmod(0o755)
        return path

    def hooked(self):
        noted = self.folder / "hooked"
        return set(noted.read_text().split("\n")[:-1]) if noted.exists() else set()

    def csv(self, ids):
        path = self.folder / "tasks.csv"
        path.write_text("\n".join(["task_id", *ids]) + "\n")
        return path

    def fresh_ids(self):
        """The gateway answers a poll in this way only once: each job has its own tasks."""
        self.tasks += 1
        self.log_at = self.gateway.log_path.stat().st_size
        return [f"{kind}-{self.tasks}-{number}" for number in range(3) for kind in "akpfs"]

    def jobs(self):
        backup = self.place / "copy.db"
        report = self.place / "report.csv"
        everything = self.folder / "tasks.csv"
        return [
            Job("run", None, self.run_flags(everything), self.rows),
            Job("fetch", "queried", self.run_flags(everything), self.rows),
            Job("adopt", "unrecorded", self.run_flags(everything), self.rows),
            Job("beside", "queried", self.run_flags("--sidecar", "--exec", self.hook(), everything), self.beside),
            *(Job("migrate", f"old{version}", ["db", "migrate"], self.schema) for version in self.old_versions()),
            Job("prune", "full", ["db", "prune", "--older-than", "1d"], lambda: self.sql("SELECT id, block, slot FROM snapshot")),
            Job("backup", "full", ["db", "backup", backup], lambda: self.rows(backup)),
            Job("close", "full", ["close", self.month()], lambda: self.sql(
                "SELECT p.name, p.line_count, l.line_id, l.quantity, l.cost FROM period AS p JOIN report_line AS l "
                "ON l.period = p.id ORDER BY 3")),
            Job("report", "full", ["report", "--period", self.month(), "-o", report],
                lambda: report.read_bytes() if report.exists() else None),
            Job("requeue", "lacking", ["verify", "--requeue", "--output", self.program.videos],
                lambda: self.sql("SELECT task_id, state FROM v_video ORDER BY 1, video_index"), code=3),
        ]

    def any_of(self, jobs):
        """Each command as often, however many ledgers it begins with."""
        name = self.dice.choice(sorted({job.name for job in jobs}))
        return self.dice.choice([job for job in jobs if job.name == name])

    def month(self):
        return time.strftime("%Y-%m", time.gmtime(time.time() - 40 * DAYS))

    # ---- what can be seen

    def sql(self, query, path=None):
        path = path or self.program.ledger
        if not path.exists():
            return None
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # made, but its schema is not there yet
                return None
            raise
        finally:
            database.close()

    def rows(self, path=None):
        return self.sql(OUTCOME, path)

    def schema(self):
        return [self.sql("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2"), self.sql("SELECT number, sha256 FROM migration"),
                self.sql("PRAGMA user_version"), self.rows()]

    def beside(self):
        """The rows, and what stands in the sidecars of their videos."""
        told = {}
        for path in self.program.videos.glob("*.json"):
            try:
                sidecar = json.loads(path.read_text())
                told[path.name] = sidecar["task_id"], sidecar["video_index"], sidecar["sha256"], sidecar["bytes"]
            except (ValueError, KeyError) as error:
                raise Finding(f"{path.name} is not a whole sidecar: {error!r}") from error
        return self.rows(), told

    def files(self):
        found = {}
        if self.program.videos.exists():
            for path in sorted(self.program.videos.rglob("*")):
                if path.is_file() and not path.name.startswith(".") and path.suffix != ".json":  # see beside
                    found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def recorded(self):
        """Data that must never disappear once it was visible."""
        return (set(self.sql("SELECT snapshot_id, task_id, raw_sha256 FROM v_snapshot") or []),
                set(self.sql("SELECT task_id, video_index, sha256, path FROM v_video WHERE state = 'done'") or []))

    # ---- what must hold

    def check(self, seen=(frozenset(), frozenset()), base=None, killed=True, exports=()):
        """The state after a fault (`killed`), before anything is run again, or when all is done."""
        if not self.program.ledger.exists():
            if seen[0]:
                raise Finding("the ledger is gone")
            return
        if self.program.ledger.stat().st_size == 0:
            raise Finding("an empty ledger")
        code, _, err = self.finish(self.start(["db", "check"]))
        if code not in (0, 10) or (code == 10 and "older schema" not in err):
            raise Finding(f"db check: exit {code}: {err[-500:]}")
        if not self.sql("SELECT count(*) FROM v_snapshot"):
            return  # made, but its schema is not there yet
        early = self.hooked() - {video[3] for video in self.recorded()[1]}
        if early:
            raise Finding(f"--exec was told of videos that nobody has recorded: {early}")
        self.sent.update()
        is_old = (base or "").startswith("old")  # nobody logged what it was answered
        found = checker.folder_files(self.program.videos)
        findings = checker.check(self.program.ledger, None if is_old else self.sent, None if is_old else found, killed,
                                 base == "lacking", seen, exports=exports)
        empty = [path for path, (size, _) in found.items() if not size]
        if findings or empty:
            raise Finding(f"{findings[:5]}, empty files: {empty}")

    def outcome(self, job):
        return [job.outcome(), self.files()]

    def converge(self, job, expected):
        """After another run without faults, the result is as if nothing had happened."""
        done = job.name != "run" and self.outcome(job) == expected
        if not (done and job.name in ("backup", "requeue")):  # which say so when there is nothing to do any more
            self.undisturbed(job.arguments, job.code)
        if job.name == "run":
            self.check_run()
        elif self.outcome(job) != expected:
            raise Finding(f"does not converge: {self.outcome(job)} instead of {expected}"[:2000])
        self.check(base=job.base, killed=False, exports=self.exports(job))

    def exports(self, job):
        """After what bills: the month, and what is not in it."""
        if job.name not in ("close", "report"):
            return ()
        begin = f"{self.month()}-01"
        end = time.strftime("%Y-%m-01", time.gmtime(time.mktime(time.strptime(begin, "%Y-%m-%d")) + 40 * DAYS))
        paths = []
        for name, span in [("month", ["--period", self.month()]), ("before", ["--from", "2000-01-01", "--to", begin]),
                           ("after", ["--from", end, "--to", "2100-01-01"])]:
            paths.append(self.folder / f"{name}.csv")
            self.undisturbed(["report", *span, "-o", paths[-1]])
        return paths

    def check_run(self):
        rows = self.rows()
        ids = (self.folder / "tasks.csv").read_text().split()[1:]
        if sorted({row[0] for row in rows}) != sorted(ids):
            raise Finding("tasks are missing")
        videos = [row for row in rows if row[8] is not None]
        wanted = sum({"f": 0, "k": 2}.get(one[0], 1) for one in ids)
        if len(videos) != wanted or {row[9] for row in videos} != {"done"} or len({row[12] for row in videos}) != wanted:
            raise Finding(f"{len(videos)} of {wanted} videos: {videos}")
        if len(self.files()) != wanted:
            raise Finding(f"files that nobody knows: {sorted(self.files())}")
        with open(self.gateway.log_path) as log:
            log.seek(self.log_at)
            asked = [json.loads(line).get("path", "").rsplit("/", 1)[-1] for line in log]
        for name, count in self.sql("SELECT task_id, count(*) FROM v_snapshot GROUP BY 1"):
            if count > asked.count(name):
                raise Finding(f"{name} has {count} snapshots of {asked.count(name)} answers")

    def expected(self, job):
        """The result and the duration of the job without faults."""
        key = job.name, job.base
        if key in self.known:
            return self.known[key]
        self.lay_out(job.base)
        if job.name != "run":
            self.csv(self.ids)
        begin = time.monotonic()
        self.undisturbed(job.arguments, job.code)
        self.known[key] = self.outcome(job), time.monotonic() - begin
        return self.known[key]

    def calls_of(self, job, under=None):
        key = job.name, job.base, under
        if key not in self.counts:
            self.counts[key] = count_calls(self, job, under or self.place)
        return self.counts[key]


# ---- kill -9 at a random moment

def kill(bench, count, tell):
    """Runs are killed three times in a row, so that recovery is killed too; other commands once."""
    jobs = bench.jobs()
    done = alive = 0
    while done < count:
        job = jobs[0] if bench.dice.random() < 0.5 else bench.any_of(jobs)
        expected, seconds = bench.expected(job)
        bench.lay_out(job.base)
        if job.name == "run":
            bench.csv(bench.fresh_ids())
        else:
            bench.csv(bench.ids)
        seen = (frozenset(), frozenset())
        for _ in range(3 if job.name in ("run", "fetch", "adopt", "beside") else 1):
            process = bench.start(job.arguments)
            time.sleep(bench.dice.uniform(0, seconds * 1.1))  # the random moment itself
            alive += process.poll() is None
            process.kill()
            bench.finish(process)
            done += 1
            bench.check(seen, job.base)
            seen = bench.recorded()
        bench.converge(job, expected)
        tell(f"{done} kills, {alive} of them of a living process")


# ---- one call fails, or the process dies there

def faults_at(call, at, kind, under):
    """The environment of the shim. A kind is an error, or "short", and whether later calls have it: each (1), each second (2)."""
    faults = {"FAULT_CALL": call, "FAULT_AT": str(at), "FAULT_UNDER": str(under)}
    faults |= {"FAULT_SHORT": "1"} if kind[0] == "short" else {"FAULT_ERRNO": str(kind[0])}
    return faults | ({"FAULT_ON": str(int(kind[1]))} if kind[1] else {})


def count_calls(bench, job, under):
    bench.lay_out(job.base)
    if job.name == "run":
        bench.csv(bench.fresh_ids()[:5])
    else:
        bench.csv(bench.ids)
    counts = bench.folder / "counts"
    faults = {"FAULT_CALL": "file", "FAULT_AT": "0", "FAULT_UNDER": str(under), "FAULT_COUNT": str(counts)}
    code, _, err = bench.finish(bench.start(job.arguments, faults))
    if code != job.code:
        raise Finding(f"{job.name}, only counted: exit {code}: {err[-300:]}")
    return {name: int(number) for name, number in (line.split() for line in counts.read_text().splitlines())}


def points(bench, names, kinds, count, under=None):
    """All of them in random order, so that an incomplete sweep covers everything evenly; or `count` of them."""
    jobs = bench.jobs()
    if not count:
        every = [(job, call, at, kind) for job in jobs for call in names for at in range(1, bench.calls_of(job, under)[call] + 1)
                 for kind in kinds]
        bench.dice.shuffle(every)
        yield from every
    for _ in range(count):
        job = bench.any_of(jobs)
        calls_made = bench.calls_of(job, under)
        call = bench.dice.choice([name for name in names if calls_made[name]])
        yield job, call, bench.dice.randint(1, calls_made[call]), bench.dice.choice(kinds)


def disturbed(bench, job, expected, faults):
    """One job with one fault, and all checks afterwards."""
    code, out, err = bench.finish(bench.start(job.arguments, faults))
    # Without memory a library may end us (OpenSSL 3.0 while it begins): then it is as a kill.
    ends = {"0": (-9,), "12": (-6, -11)}.get(faults.get("FAULT_ERRNO"), ())
    if code < 0 and code not in ends:
        raise Finding(f"ended by signal {-code}: {err[-300:]}")
    told = job.name == "beside" and "was not written" in err  # a sidecar, which costs no run its success
    if code == job.code and job.name != "run" and not told and bench.outcome(job) != expected:
        raise Finding(f"exit {code} without its outcome: {bench.outcome(job)}"[:1500])
    if code == 0 and job.name == "run":
        bench.check_run()
    refused = code == 2 and "the configuration file" in err  # which could not be read
    if not refused and (code not in (0, 1, 3, 4, *ends, job.code) or (code == 1 and "error" not in err)):
        raise Finding(f"exit {code}: {err[-300:]}")
    bench.check(base=job.base)
    return code


def sweep(bench, chosen, tell, under=None, harmless=False):
    """Each fault in a job of its own. After a `harmless` one the job ends as if there had been none."""
    codes = {}
    for number, (job, call, at, kind) in enumerate(chosen, 1):
        expected, _ = bench.expected(job)
        bench.lay_out(job.base)
        bench.csv(bench.fresh_ids()[:5] if job.name == "run" else bench.ids)
        try:
            code = disturbed(bench, job, expected, faults_at(call, at, kind, under or bench.place))
            if harmless and code != job.code:
                raise Finding(f"exit {code} after what is no failure")
            bench.converge(job, expected)
        except Finding as finding:
            raise Finding(f"{job.name}: call {at} of {call} fails with {kind}: {finding}") from finding
        codes[code] = codes.get(code, 0) + 1
        tell(f"{number} faults, exit codes {dict(sorted(codes.items()))}")


FILE_CALLS = ("open", "read", "write", "sync", "truncate", "unlink", "rename", "mkdir", "chmod", "lock", "map", "stat")
# A call that is interrupted for ever is no fault that a kernel knows.
FILE_KINDS = [(0, False), (5, False), (5, True), (28, False), (28, True), (4, False)]


def calls(bench, count, tell):
    """Every call on a file of the ledger or the output fails once, fails for ever, and is the last one of a process."""
    sweep(bench, points(bench, FILE_CALLS, FILE_KINDS, count), tell)


def memory(bench, count, tell):
    """Every allocation fails, once and from then on."""
    sweep(bench, points(bench, ("malloc",), [(12, False), (12, True)], count), tell)


TRANSFERS = ("read", "write", "receive", "send")
TRANSFER_KINDS = [("short", False), (ERRORS["EINTR"], False)]
ALL_TRANSFERS = [("short", 1), (ERRORS["EINTR"], 2)]  # for ever interrupted is nothing that a kernel knows


def shorts(bench, count, tell):
    """Every read and write, of files and sockets, moves fewer bytes than asked for or is interrupted; first all of a job at once.
    Neither is a failure: the job ends as ever."""
    together = [(job, "transfer", 1, kind) for job in bench.jobs() for kind in ALL_TRANSFERS]
    under = bench.folder  # the list, too
    sweep(bench, together if not count else [], tell, under, harmless=True)
    sweep(bench, points(bench, TRANSFERS, TRANSFER_KINDS, count, under), tell, under, harmless=True)


# ---- a fault while the ledger recovers from a kill

def double(bench, count, tell):
    job = bench.jobs()[0]
    number = bench.calls_of(job)
    chances = [(call, at) for call in FILE_CALLS for at in range(1, number[call] + 1)]
    codes = {}
    for done in range(1, count + 1):
        bench.lay_out(None)
        bench.csv(bench.fresh_ids()[:5])
        seen = (frozenset(), frozenset())
        faults = []
        for kind in [(0, False), bench.dice.choice([(0, False), (5, False), (5, True), (28, False)])]:
            call, at = bench.dice.choice(chances)
            faults.append((call, at, kind))
            try:
                code = disturbed(bench, job, None, faults_at(call, at, kind, bench.place))
                bench.check(seen)
            except Finding as finding:
                raise Finding(f"{faults}: {finding}") from finding
            seen = bench.recorded()
            codes[code] = codes.get(code, 0) + 1
        bench.converge(job, None)
        tell(f"{done} double faults, exit codes {dict(sorted(codes.items()))}")


# ---- power cuts

# FS_IOC_SHUTDOWN with NOLOGFLUSH: from now on nothing more reaches the disk, not even the journal.
SHUTDOWN, NO_LOG_FLUSH = (2 << 30) | (4 << 16) | (ord("X") << 8) | 125, 2


CLONE_NEWNS = 0x20000


class Disk:
    """A small ext4 on a loop device in the place of the job's folder, in a mount namespace of our own: a copy of the
    mount in somebody else's would keep it alive, and it would be cut off still when it is mounted again."""

    def __init__(self, bench):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise Skipped(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
        if subprocess.run(["mount", "--make-rprivate", "/"]).returncode != 0:
            raise Skipped("mounts cannot be made private")
        self.place, self.image = bench.place, bench.folder / "disk.img"
        with open(self.image, "w") as image:
            image.truncate(64 << 20)
        if shutil.which("mkfs.ext4") is None:
            raise Skipped("no mkfs.ext4")
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)
        self.mounted = False

    def mount(self):
        done = subprocess.run(["mount", "-o", "loop", self.image, self.place], capture_output=True, text=True)
        self.mounted = done.returncode == 0
        return done.stderr.strip()

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", self.place], check=True)
            self.mounted = False

    def cut(self):
        folder = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(folder)


class Witness:
    """Reads committed data. Everything that it read before the power failure must survive."""

    def __init__(self, bench):
        self.bench, self.seen = bench, (set(), set())

    def look(self):
        try:
            self.seen = self.bench.recorded()
        except (sqlite3.Error, OSError):
            pass  # not made yet, or just being made


def power(bench, count, tell):
    disk = Disk(bench)
    refused = disk.mount()
    if refused:
        raise Skipped(refused)
    disk.unmount()
    jobs = [job for job in bench.jobs() if job.name != "requeue"]
    promised = late = 0
    try:
        for done in range(1, count + 1):
            job = jobs[0] if bench.dice.random() < 0.6 else bench.any_of(jobs)
            expected, seconds = bench.expected(job)
            bench.clear()
            disk.mount()
            bench.lay_out(job.base)
            os.sync()
            bench.csv(bench.fresh_ids() if job.name == "run" else bench.ids)
            witness = Witness(bench)
            end = time.monotonic() + bench.dice.uniform(0, seconds * 1.2)
            process = bench.start(job.arguments)
            while time.monotonic() < end:
                if job.name in ("run", "fetch", "adopt", "beside"):
                    witness.look()
                time.sleep(0.001)
            ended = process.poll()
            disk.cut()
            code, _, err = bench.finish(process)
            if code == 0 and ended is None:
                late += 1  # its last sync was in the kernel already
            if code < 0:
                raise Finding(f"ended by signal {-code}: {err[-300:]}")
            disk.unmount()
            disk.mount()
            promised += len(witness.seen[0]) + len(witness.seen[1])
            try:
                bench.check(witness.seen, job.base)
                if ended == job.code and job.name != "run" and bench.outcome(job) != expected:
                    raise Finding("its outcome is lost, though it had ended well")
                bench.converge(job, expected)
            except Finding as finding:
                raise Finding(f"{job.name}: {finding}") from finding
            bench.clear()
            disk.unmount()
            tell(f"{done} power cuts, {promised} promises kept, {late} ended well during the cut")
    finally:
        disk.unmount()


def fleet(bench, count, tell):
    place = bench.folder / "fleet"
    place.mkdir()
    try:
        crews.play_rounds(place, bench.dice, count, tell)
    except AssertionError as error:
        raise Finding(f"fleet: {error}") from error
    except pytest.skip.Exception as reason:
        raise Skipped(str(reason)) from reason


def simulate(tests, variable, what):
    """A part that lives through as many seeds of a simulation among the unit tests."""
    def part(bench, count, tell):
        program = pathlib.Path(BINARY).parent / "tests/core_test"
        if not program.exists():
            raise Skipped(f"there is no {program}")

        begin = bench.first if bench else 1

        def live_through(first):
            seeds = {"REELTALLY_SEED": str(first), variable: str(min(SEEDS_AT_ONCE, begin + count - first))}
            done = subprocess.run([program, f"--gtest_filter={tests}/*"], env=os.environ | seeds, capture_output=True, text=True)
            if done.returncode != 0:
                raise Finding(f"simulation: {done.stdout[-1000:]}")
            return int(seeds[variable])

        total = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            try:
                for done in workers.map(live_through, range(begin, begin + count, SEEDS_AT_ONCE)):
                    total += done
                    tell(f"{total} of {count} simulated {what}")
            finally:
                workers.shutdown(cancel_futures=True)
    return part


simulate_crews = simulate("CrewSimulation", "REELTALLY_CREW_SEEDS", "crews")
simulate_runs = simulate("RunSimulation", "REELTALLY_RUN_SEEDS", "programs")


def compare(bench, count, tell):
    """As many documents of each kind, in pieces with a seed each."""
    if not differential.PROBE.exists():
        raise Skipped(f"there is no {differential.PROBE}")
    for kind in differential.KINDS:
        if kind == "video" and not containers.can_compare():
            raise Skipped("there is no ffprobe to compare videos with; all others were compared")
        for done in range(0, count, DOCUMENTS_AT_ONCE):
            try:
                differential.compare(kind, bench.dice.randrange(1 << 32), min(DOCUMENTS_AT_ONCE, count - done))
            except differential.Difference as difference:
                raise Finding(f"differential: {difference}") from difference
            tell(f"{min(done + DOCUMENTS_AT_ONCE, count)} of {count} documents ({kind})")


PARTS = {"kill": kill, "power": power, "double": double, "calls": calls, "shorts": shorts, "memory": memory, "fleet": fleet,
         "crews": simulate_crews, "runs": simulate_runs, "differential": compare}


def torture(parts, seed, seconds=None, tell=lambda line: None, first=1):
    """Runs {part: count}; returns what was skipped, and why. Raises Finding. Simulations begin with the seed `first`."""
    skipped = []
    with tempfile.TemporaryDirectory(prefix="reeltally-torture-") as folder:
        bench = Bench(folder, seed, first)
        try:
            for part, count in parts.items():
                begin = time.monotonic()

                def tell_part(line, part=part, begin=begin):
                    tell(f"{part}: {line}")
                    if seconds and time.monotonic() - begin > seconds:
                        raise TimeoutError
                try:
                    PARTS[part](bench, count, tell_part)
                except Skipped as reason:
                    skipped.append(f"{part}: skipped: {reason}")
                except TimeoutError:
                    tell(f"{part}: time is over")
        finally:
            bench.gateway.close()
    return skipped
