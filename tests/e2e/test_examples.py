"""The examples for schedulers: each is valid where it is used, and gives `reeltally` options that exist."""
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import PATIENCE, ROOT

EXAMPLES = ROOT / "packaging/examples"
KUBERNETES = sorted(EXAMPLES.glob("kubernetes/*.yaml"))
SLURM = EXAMPLES / "slurm/backlog.sbatch"
UNITS = sorted(EXAMPLES.glob("systemd/reeltally-crew@.*"))


@pytest.fixture(scope="module")
def validator(tmp_path_factory):
    """Debian has no schemas of Kubernetes; PyPI has."""
    folder = tmp_path_factory.mktemp("validator")
    command = ["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "20", "--target", folder,
               "kubernetes-validate==1.37.0"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip("PyPI, which has the schemas of Kubernetes, does not answer in five minutes")
    if result.returncode != 0:
        pytest.skip("PyPI cannot be reached, and so the schemas of Kubernetes: " + result.stderr[-200:])
    return folder


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_kubernetes_accepts_the_manifest(validator, path):
    def validate(manifest):
        return subprocess.run(["/usr/bin/python3", "-m", "kubernetes_validate", "--strict", "-k", "1.30", manifest],
                              env=dict(os.environ, PYTHONPATH=str(validator)), capture_output=True, text=True)

    result = validate(path)
    assert result.returncode == 0 and "passed" in result.stdout + result.stderr, result
    wrong = validator / path.name
    wrong.write_text(path.read_text().replace("restartPolicy:", "restart:"))
    assert validate(wrong).returncode != 0, "the validator knows the names"


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_a_pod_tells_failure_from_work_left_over_and_hands_on_sigterm(tmp_path, path):
    (script,) = re.findall(r"(?m)^ +- \|\n((?: {10,}.*\n)+?) +- reeltally$", path.read_text())
    program = tmp_path / "reeltally"

    def start(body):
        program.write_text(f'#!/bin/sh\necho "$@" >"{tmp_path}/given"\n{body}\n')
        program.chmod(0o755)
        return subprocess.Popen(["sh", "-c", script, "reeltally", "--rate=1", "/lists/a b.csv"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    for code, expected in ((0, 0), (3, 0), (4, 0), (1, 1), (12, 12), (137, 137)):
        assert start(f"exit {code}").wait(PATIENCE) == expected
    assert (tmp_path / "given").read_text() == "run --rate=1 /lists/a b.csv\n"
    for code, expected in ((143, 143), (4, 0)):
        pod = start(f"trap 'exit {code}' TERM; : >'{tmp_path}/up'; while :; do sleep 0.05; done")
        end = time.monotonic() + PATIENCE
        while not (tmp_path / "up").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        pod.send_signal(signal.SIGTERM)
        assert pod.wait(PATIENCE) == expected
        (tmp_path / "up").unlink()


def test_systemd_accepts_the_units(tmp_path):
    for unit in UNITS:
        text = unit.read_text().replace("ExecStart=reeltally", "ExecStart=/bin/true").replace("LoadCredential=", "#")
        (tmp_path / unit.name).write_text(text)
    instances = [tmp_path / unit.name.replace("@", "@1") for unit in UNITS]
    for instance, unit in zip(instances, UNITS):
        instance.symlink_to(tmp_path / unit.name)
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", *instances], capture_output=True, text=True)
    assert result.returncode == 0 and not result.stderr, result


@pytest.mark.parametrize("code, expected", [(0, 0), (3, 0), (4, 0), (1, 1), (11, 11), (12, 12)])
def test_slurm_tells_failure_from_work_left_over(tmp_path, code, expected):
    (tmp_path / "reeltally").write_text(f'#!/bin/sh\necho "$@" >"{tmp_path}/given"\nexit {code}\n')
    (tmp_path / "reeltally").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "SLURM_ARRAY_JOB_ID": "77"}
    result = subprocess.run(["bash", SLURM, "/lists/a b.csv"], env=environment, capture_output=True, text=True)
    assert result.returncode == expected and not result.stderr, result
    given = (tmp_path / "given").read_text()
    assert "--crew backlog-77 " in given and given.endswith(" /lists/a b.csv\n")
    assert not list(tmp_path.glob("reeltally-parts-*")), "the part folder goes with the run"


def test_every_option_of_the_examples_exists(reeltally):
    known = set(re.findall(r"--[a-z][a-z0-9-]+", reeltally("run", "--help").out))
    for path in [*KUBERNETES, SLURM, *UNITS]:
        text = re.sub(r"(?m)^\s*#.*$", "", path.read_text())  # the comments name options of sbatch
        used = set(re.findall(r"(?<=[ '\"])--[a-z][a-z0-9-]+", text))
        assert used <= known, (path.name, used - known)
        assert used or path.suffix == ".timer", path.name
