"""The Debian package of this build: its content, lintian, and whether it runs; and the systemd units."""
import pathlib
import re
import subprocess

import pytest

from conftest import BINARY, PATIENCE, ROOT

BUILD = pathlib.Path(BINARY).resolve().parent
UNITS = ROOT / "packaging/systemd"


def run(*command, **more):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE, **more)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    if not re.search("^REELTALLY_SANITIZE:STRING=$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE):
        pytest.skip("a build with sanitizers is not packaged")
    folder = tmp_path_factory.mktemp("package")
    made = run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return next(folder.glob("*.deb"))


def test_lintian_has_nothing_to_say(package):
    result = run("lintian", "--allow-root", "--fail-on", "error,warning", package)
    assert result.returncode == 0 and not result.stdout, result.stdout + result.stderr


def test_it_depends_on_what_is_not_linked_too(package):
    depends = run("dpkg-deb", "-f", package, "Depends").stdout
    for name in ("ca-certificates", "tzdata", "libc6 (>=", "libcurl4 (>=", "libcpp-httplib0.11 (>=", "libsqlite3-0 (>=",
                 "libxlsxwriter4 (>="):
        assert name in depends
    assert "-dev" not in depends


def test_the_unpacked_program_runs(package, tmp_path):
    assert run("dpkg-deb", "-x", package, tmp_path).returncode == 0
    assert run(tmp_path / "usr/bin/reeltally", "--version").stdout.startswith("reeltally ")
    for wanted in ("bin/reeltally", "share/man/man1/reeltally-db-prune.1.gz", "share/man/man5/reeltally-config.5.gz",
                   "share/bash-completion/completions/reeltally", "share/zsh/vendor-completions/_reeltally",
                   "share/fish/vendor_completions.d/reeltally.fish", "lib/systemd/system/reeltally.service",
                   "lib/systemd/system/reeltally.timer", "lib/systemd/system/reeltally-month.timer",
                   "lib/reeltally/reeltally-month", "share/doc/reeltally/examples/config.toml",
                   "share/doc/reeltally/examples/Containerfile", "share/doc/reeltally/examples/kubernetes/cronjob.yaml",
                   "share/doc/reeltally/changelog.Debian.gz", "share/doc/reeltally/copyright"):
        assert (tmp_path / "usr" / wanted).is_file(), wanted
    page = run("man", "-l", tmp_path / "usr/share/man/man1/reeltally.1.gz", env={"PATH": "/usr/bin:/bin"})
    assert page.returncode == 0 and "COMMANDS" in page.stdout


def test_a_purge_leaves_nothing(package, tmp_path):
    """The scripts of the package with the root of a package manager that works on another folder."""
    assert run("dpkg-deb", "-e", package, tmp_path / "control").returncode == 0
    root = tmp_path / "root"
    assert run("dpkg-deb", "-x", package, root).returncode == 0
    (root / "lib").symlink_to("usr/lib")
    (root / "etc/systemd/system").mkdir(parents=True)
    before = sorted(root.rglob("*"))
    environment = {"PATH": "/usr/bin:/bin", "DPKG_ROOT": str(root), "DPKG_MAINTSCRIPT_PACKAGE": "reeltally"}

    def script(name, argument):
        assert run(tmp_path / "control" / name, argument, env=environment).returncode == 0
        return {str(path.relative_to(root)) for path in set(root.rglob("*")) - set(before) if not path.is_dir()}
    state = "var/lib/systemd/deb-systemd-helper-enabled"
    assert f"{state}/reeltally.timer.dsh-also" in script("postinst", "configure")
    assert run("deb-systemd-helper", "enable", "reeltally.timer", env=environment).returncode == 0
    assert "etc/systemd/system/timers.target.wants/reeltally.timer" in script("postinst", "configure")
    assert "etc/systemd/system/timers.target.wants/reeltally.timer" not in script("prerm", "remove")
    script("postrm", "remove")
    assert script("postrm", "purge") == set()


def test_the_units_are_sound(tmp_path):
    """With this build's program, because none may be installed."""
    text = (UNITS / "reeltally.service").read_text()
    (tmp_path / "reeltally.service").write_text(text.replace("ExecStart=reeltally", f"ExecStart={BINARY}"))
    (tmp_path / "reeltally.timer").write_text((UNITS / "reeltally.timer").read_text())
    month = (UNITS / "reeltally-month.service").read_text()
    script = ROOT / "packaging/month/reeltally-month"
    (tmp_path / "reeltally-month.service").write_text(month.replace("/usr/lib/reeltally/reeltally-month", str(script)))
    (tmp_path / "reeltally-month.timer").write_text((UNITS / "reeltally-month.timer").read_text())
    result = run("systemd-analyze", "verify", "--man=no", *sorted(tmp_path.glob("reeltally*")))
    assert result.returncode == 0 and not result.stderr, result.stderr


@pytest.mark.parametrize("service", ["reeltally.service", "reeltally-month.service"])
def test_the_service_is_sandboxed(service):
    result = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", UNITS / service)
    exposure = re.search(rf"exposure level for {service}: ([0-9.]+)", result.stdout)
    assert result.returncode == 0 and exposure and float(exposure[1]) <= 2.0, result.stdout
