"""A PostgreSQL server for end-to-end tests, without a network."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from conftest import ROOT

PATIENCE = 60


class Postgres:
    """Ends with its test, also when that is killed. Each of `settings` is a NAME=VALUE of its configuration."""

    def __init__(self, *settings):
        self.settings = settings
        self.parent = pathlib.Path(tempfile.mkdtemp(prefix="reeltally-pg-"))
        self.parent.chmod(0o755)
        self.folder = self.parent / "pg"
        self.folder.mkdir()
        self.made = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen([str(ROOT / "tests/support/postgres/server"), str(self.folder), *self.settings],
                                        stdin=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while self.psql("postgres", "SELECT 1", check=False).returncode != 0:
            if self.process.poll() == 77:
                pytest.skip("PostgreSQL is not installed: run tools/setup")
            assert self.process.poll() is None and time.monotonic() < until, "the server does not start"
            time.sleep(0.05)

    def stop_at_once(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)

    def psql(self, database, sql, check=True):
        return subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", "owner", "-d", database,
                               "-c", sql], capture_output=True, text=True, check=check, timeout=PATIENCE,
                              env=dict(os.environ, PGOPTIONS="-csearch_path=reeltally"))

    def sql(self, database, query):
        """Its rows."""
        return [tuple(line.split("|")) for line in self.psql(database, query).stdout.splitlines()]

    def url(self, database, user="owner", host=None):
        return f"postgresql://{user}@/{database}?host={host or self.folder}"

    def database(self, settings=""):
        """A new one, empty; `settings` are its own."""
        self.made += 1
        name = f"ledger{self.made}"
        self.psql("postgres", f"CREATE DATABASE {name}")
        if settings:
            self.psql("postgres", f"ALTER DATABASE {name} SET {settings}")
        return name

    def cpu_seconds(self):
        """CPU time of all its processes, those that ended included; of one that is at work what the system has counted so far."""
        main, ticks = str(self.process.pid), 0
        for entry in pathlib.Path("/proc").iterdir():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields and (fields[1] == main or entry.name == main):
                ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.stop_at_once()
        shutil.rmtree(self.parent, ignore_errors=True)


class Pgbouncer:
    """A pooler in transaction mode."""

    def __init__(self, server):
        self.folder = server.parent / "pool"
        self.folder.mkdir()
        ini = self.folder / "pool.ini"
        ini.write_text(f"[databases]\n* = host={server.folder} user=owner\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432\n"
                       f"unix_socket_dir = {self.folder}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n"
                       "ignore_startup_parameters = extra_float_digits\n")
        user = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "nobody", "nogroup")
            user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        self.process = subprocess.Popen(["setpriv", *user, "--pdeathsig", "KILL", "/usr/sbin/pgbouncer", "-q", str(ini)],
                                        stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while not (self.folder / ".s.PGSQL.5432").exists():
            assert self.process.poll() is None and time.monotonic() < until, "no pooler"
            time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait(PATIENCE)
