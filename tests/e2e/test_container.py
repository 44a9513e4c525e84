"""packaging/Containerfile: its steps done one by one in a root made of this machine's Debian packages, and run as a container is.

Nothing here can pull Debian's image or reach its archive, so `apt-get` unpacks the given package over exactly what that depends on.
"""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

import pytest

from conftest import KEY, PATIENCE, ROOT, Result
from test_package import package, run  # noqa: F401 (fixture)

LIBRARY = {"dash", "coreutils", "dpkg", "tar"}  # of what Debian's image has, all that the steps use
APT = '#!/bin/sh\nfor one; do case $one in *.deb) exec dpkg-deb -x "$one" /;; esac; done\n'
UNSEEN = re.compile("/usr/share/(doc|man|locale|info|lintian|bash-completion)/")


def names_in(relations):
    return re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]+)", relations)


def with_dependencies(wanted):
    depends, providers = {}, {}
    for line in run("dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\t${Provides}\n").stdout.splitlines():
        name, needed, provided = line.split("\t")
        depends[name] = names_in(needed)
        providers.update({other: name for other in names_in(provided)})
    found, left = set(), {providers.get(name, name) for name in wanted}
    while left:
        name = left.pop()
        found.add(name)
        left |= {other for other in (providers.get(one, one) for one in depends[name]) if other in depends} - found
    return found


def base(root, names):
    """A root with these packages of this machine."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    paths = [path for path in run("dpkg-query", "-L", *sorted(names)).stdout.splitlines()
             if path.startswith("/") and not UNSEEN.match(path + "/") and os.path.lexists(path)]
    with subprocess.Popen(["tar", "-C", "/", "--no-recursion", "-cf", "-", "-T", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as packing:
        unpacking = subprocess.Popen(["tar", "-C", root, "--keep-directory-symlink", "-xf", "-"], stdin=packing.stdout)
        packing.stdin.write("".join(f".{path}\n" for path in paths).encode())
        packing.stdin.close()
        assert unpacking.wait(PATIENCE) == 0
    (root / "usr/bin/apt-get").write_text(APT)
    (root / "usr/bin/apt-get").chmod(0o755)
    for folder in ("dev", "proc", "tmp", "run/secrets", "mnt", "var/lib"):
        (root / folder).mkdir(parents=True, exist_ok=True)


class Image:
    """Does the steps, and keeps what the last ones say of running it."""

    def __init__(self, root, deb):
        self.root, self.deb, self.environment, self.folder, self.owner, self.entry, self.volumes = root, deb, {}, "/", "0:0", [], []
        text = (ROOT / "packaging/Containerfile").read_text().replace("\\\n", "")
        for line in filter(None, re.sub(r"(?m)^\s*#.*$", "", text).splitlines()):
            word, rest = line.split(None, 1)
            getattr(self, "from_" if word == "FROM" else word.lower())(rest)

    def from_(self, name):
        assert re.fullmatch(r"docker\.io/library/debian:bookworm-slim", name)
        base(self.root, with_dependencies(LIBRARY | set(names_in(run("dpkg-deb", "-f", self.deb, "Depends").stdout))))

    def arg(self, name):
        assert name == "DEB"

    def run(self, command):
        mount = re.match(r"--mount=type=bind,source=\$\{DEB\},target=(\S+) ", command)
        if mount:
            command = command[mount.end():]
            shutil.copy(self.deb, self.root / mount[1].lstrip("/"))
        result = run("chroot", self.root, "/bin/sh", "-ec", command)
        assert result.returncode == 0, result.stderr
        if mount:
            (self.root / mount[1].lstrip("/")).unlink()

    def env(self, pairs):
        self.environment.update(pair.split("=", 1) for pair in shlex.split(pairs))

    def volume(self, paths):
        self.volumes = json.loads(paths)

    def workdir(self, path):
        self.folder = path

    def user(self, name):
        self.owner = name

    def entrypoint(self, words):
        self.entry = json.loads(words)  # exec form: no shell between the signals and the program

    def cmd(self, words):
        json.loads(words)


class Container:
    """The image with a read-only root, fresh volumes, and its program as process 1."""

    def __init__(self, image, folder):
        self.image, self.folder, self.volumes = image, folder, {}
        for number, path in enumerate(image.volumes):
            self.volumes[path] = folder / f"volume{number}"
            inside = (image.root / path.lstrip("/")).stat()
            self.volumes[path].mkdir(mode=inside.st_mode & 0o777)
            os.chown(self.volumes[path], inside.st_uid, inside.st_gid)  # as engines make new volumes

    def start(self, *arguments, entry=None, stdin=subprocess.DEVNULL):
        root = self.image.root
        mounts = "".join(f'mount --bind "{outside}" "{root}{inside}"; ' for inside, outside in self.volumes.items())
        script = (f'set -e; mount --bind "{root}" "{root}"; mount -o remount,ro,bind "{root}"; {mounts}mount -t proc proc "{root}/proc"; '
                  f'mount --bind /dev "{root}/dev"; exec chroot --userspec={self.image.owner} "{root}" /usr/bin/env -i -C {self.image.folder} "$@"')
        environment = [f"{name}={value}" for name, value in {"PATH": "/usr/bin:/bin", **self.image.environment}.items()]
        return subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", *environment,
                                 *(self.image.entry if entry is None else entry), *map(str, arguments)],
                                stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        out, err = process.communicate(timeout=PATIENCE)
        return Result(process.returncode, out.decode(), err.decode())

    def __call__(self, *arguments, **more):
        return self.finish(self.start(*arguments, **more))

    def first_process(self, started, name):
        """The process 1 in there once it runs this program, as seen from here."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and started.poll() is None:
            with open(f"/proc/{started.pid}/task/{started.pid}/children") as file:
                for pid in file.read().split():
                    with open(f"/proc/{pid}/comm") as comm:
                        if comm.read().strip() == name:
                            return int(pid)
            time.sleep(0.02)
        started.kill()
        raise AssertionError(started.communicate())


@pytest.fixture(scope="module")
def image(package, tmp_path_factory):  # noqa: F811
    if os.geteuid() != 0 or run("unshare", "--mount", "--pid", "--fork", "true").returncode != 0:
        pytest.skip("no container can be made: that needs root and namespaces")
    root = tmp_path_factory.mktemp("image")
    root.chmod(0o755)
    return Image(root, package)


@pytest.fixture
def container(image, tmp_path):
    key = image.root / "run/secrets/anyfast-api-key"
    key.write_text(KEY)
    os.chown(key, 0, 10001)  # as Kubernetes mounts a secret for an fsGroup
    key.chmod(0o440)
    yield Container(image, tmp_path)
    key.unlink()


def test_the_main_job_as_a_container(container, make_gateway):
    gateway = make_gateway(tasks={f"v{n}": {"vendor": "happyhorse", "video": {"size": 3000}} for n in range(5)})
    state = container.volumes["/var/lib/reeltally"]
    (state / "tasks.csv").write_text("task_id\n" + "".join(f"v{n}\n" for n in range(5)))
    (state / "tasks.csv").chmod(0o644)
    result = container("run", "--base-url", gateway.base, "--allow-http", "--allow-private-hosts", "--min-free", "0", "--json", "tasks.csv")
    assert result.code == 0 and result.summary["succeeded"] == 5, result
    videos = list(container.volumes["/videos"].rglob("*.mp4"))
    assert len(videos) == 5 and {path.stat().st_uid for path in videos} == {10001}
    assert (state / "reeltally.db").stat().st_uid == 10001
    for command in (["status"], ["db", "check"], ["report", "--period", "2026", "--tz", "Europe/Berlin", "--by", "day"]):
        found = container(*command)
        assert found.code in (0, 3), found
    assert container().out.startswith("reeltally") or container("--help").code == 0
    seen = container("-c", "id -u; touch /x", entry=["/bin/sh"])
    assert seen.out == "10001\n" and "Read-only file system" in seen.err, seen


@pytest.mark.parametrize("command", ["run", "report"])
def test_sigterm_ends_process_1(container, command):
    state = container.volumes["/var/lib/reeltally"]
    os.mkfifo(state / "pipe")
    os.chown(state / "pipe", 10001, 10001)
    arguments = {"run": ["run", "--base-url", "http://127.0.0.1:9", "--allow-http", "--allow-private-hosts", "-"],
                 "report": ["report", "--period", "2026-06", "--prices", "pipe"]}[command]
    started = container.start(*arguments, stdin=subprocess.PIPE)
    first = container.first_process(started, "reeltally")
    with open(f"/proc/{first}/status") as status:
        assert re.search(r"NSpid:\t\d+\t1\n", status.read()), "it is process 1"
    began = time.monotonic()
    while started.poll() is None and time.monotonic() < began + PATIENCE:
        os.kill(first, signal.SIGTERM)
        try:
            started.wait(0.5)
        except subprocess.TimeoutExpired:
            pass
    code = started.poll()
    started.kill()
    assert code == 128 + signal.SIGTERM, (code, started.communicate())
    started.communicate()
