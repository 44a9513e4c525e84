"""tools/release: what it says of versions, of packages and their CVEs, with a tracker on loopback."""
import datetime
import functools
import gzip
import http.server
import importlib.machinery
import importlib.util
import json
import pathlib
import re
import subprocess
import threading

import pytest

from conftest import BINARY, ROOT

BUILD = pathlib.Path(BINARY).resolve().parent
TOOL = ROOT / "tools/release"
NOW = datetime.datetime(2026, 11, 28, tzinfo=datetime.timezone.utc)


def load():
    loader = importlib.machinery.SourceFileLoader("release_tool", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("release_tool", loader))
    loader.exec_module(module)
    return module


release = load()


class Known:
    """A package as it may be installed."""

    def __init__(self, package, version, source=None, role="linked"):
        self.package, self.version, self.role = package, version, role
        self.source, self.source_version = source or package, version


def issue(status, fixed=None, urgency="not yet assigned", **more):
    return {"releases": {"bookworm": {"status": status, "urgency": urgency, **({"fixed_version": fixed} if fixed else {}), **more}}}


CURL = {"CVE-2026-10001": issue("resolved", "7.88.1-10+deb12u99"), "CVE-2026-10002": issue("open", nodsa="Minor issue"),
        "CVE-2026-10003": issue("open", urgency="unimportant"), "CVE-2026-10004": issue("resolved", "7.0-1"),
        "CVE-2026-10005": {"releases": {"trixie": {"status": "open", "urgency": "high"}}}, "CVE-2026-10006": issue("open", urgency="high"),
        "CVE-2026-10007": issue("resolved", "0")}


@pytest.fixture
def tracker(tmp_path):
    """A function that answers with some data at a URL."""
    handler = functools.partial(type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None}),
                                directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

        def answer(data):
            (tmp_path / "data").write_text(data if isinstance(data, str) else json.dumps(data))
            return f"http://127.0.0.1:{server.server_port}/data"
        yield answer
        server.shutdown()


def consult(place, capsys, reviewed=None, parts=None):
    results = release.Results()
    release.check_tracker(parts or [Known("curl", "7.88.1-10+deb12u15")], place, "bookworm", reviewed or {}, results)
    return results, capsys.readouterr().out


def test_the_trackers_word_on_each_cve(tracker, capsys):
    results, told = consult(tracker({"curl": CURL, "other": {"CVE-2026-10009": issue("open")}}), capsys)
    assert results.code == 1 and results.failed == 2
    lines = {line.split()[4].rstrip(":"): line for line in told.splitlines()}
    assert lines.keys() == {f"CVE-2026-1000{number}" for number in (1, 2, 3, 6)}
    assert lines["CVE-2026-10001"].startswith("FAILS") and lines["CVE-2026-10001"].endswith("fixed in 7.88.1-10+deb12u99")
    assert lines["CVE-2026-10002"].startswith("known") and "Minor issue" in lines["CVE-2026-10002"]
    assert lines["CVE-2026-10006"].startswith("FAILS") and lines["CVE-2026-10006"].endswith("open, high")


def test_a_reviewed_cve_is_told_and_no_failure(tracker, capsys):
    results, told = consult(tracker({"curl": CURL}), capsys, {"CVE-2026-10001": "not called", "CVE-2026-10006": "not built"})
    assert results.code == 0
    assert "CVE-2026-10006: open, high; reviewed: not built" in told and "4 known CVEs" in told


@pytest.mark.parametrize("data", ["<html>", "{}", "[]", '{"x": {}}', '{"curl": '])
def test_what_is_no_tracker_proves_nothing(tracker, data, capsys):
    results, told = consult(tracker(data), capsys)
    assert results.code == 3 and told.startswith("UNKNOWN  tracker: not consulted, so open CVEs are not known: http://127.0.0.1")


def test_a_tracker_out_of_reach_proves_nothing(capsys, tmp_path):
    for place in ("http://127.0.0.1:1/json", str(tmp_path / "none.json")):
        results, told = consult(place, capsys)
        assert results.code == 3 and "not consulted" in told


def write_lists(folder, until="Wed, 02 Dec 2026 22:33:12 UTC", codename="bookworm-security"):
    folder.mkdir(exist_ok=True)
    (folder / "debian_InRelease").write_text(f"Suite: x\nCodename: {codename}\nValid-Until: {until}\n")
    return folder


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """apt's programs, with one newer package whose changelog names CVEs."""
    package = tmp_path / "package"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN/control").write_text("Package: libx1\nVersion: 1.0-1+deb12u2\nArchitecture: all\nMaintainer: a <a@localhost>\n"
                                            "Description: x\n")
    notes = package / "usr/share/doc/libx1/changelog.Debian.gz"
    notes.parent.mkdir(parents=True)
    notes.write_bytes(gzip.compress(b"x (1.0-1+deb12u2) bookworm; urgency=high\n\n  * Fix CVE-2026-20001 and CVE-2026-20002.\n\n"
                                    b"x (1.0-1) unstable; urgency=low\n\n  * Fix CVE-2020-1000.\n"))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-cache").write_text("#!/bin/sh\nprintf 'libx1:\\n  Installed: 1.0-1\\n  Candidate: 1.0-1+deb12u2\\n"
                                        "liby1:\\n  Installed: 2-1\\n  Candidate: 2-1\\n'\n")
    (programs / "apt-get").write_text(f'#!/bin/sh\n[ "$*" = "download -qq libx1:amd64=1.0-1+deb12u2" ] && dpkg-deb -b {package} . >/dev/null\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return programs


PARTS = [Known("libx1:amd64", "1.0-1", "x"), Known("liby1:amd64", "2-1", "y")]


def ask_archive(lists, capsys, parts=None):
    results = release.Results()
    release.check_archive(parts or PARTS, lists, "bookworm", NOW, results)
    return results.code, capsys.readouterr().out


def test_a_newer_package_and_the_cves_it_mends(archive, tmp_path, capsys):
    code, told = ask_archive(write_lists(tmp_path / "lists"), capsys)
    assert code == 1 and told.count("\n") == 1
    assert "x 1.0-1 (libx1:amd64) is behind 1.0-1+deb12u2: CVE-2026-20001, CVE-2026-20002; upgrade" in told
    (archive / "apt-get").write_text("#!/bin/sh\necho no network >&2; exit 100\n")
    code, told = ask_archive(tmp_path / "lists", capsys)
    assert code == 1 and "its changelog could not be read" in told and "no network" in told
    code, told = ask_archive(tmp_path / "lists", capsys, PARTS[1:])
    assert code == 0 and "no newer version of these 1 packages" in told


def test_lists_that_are_missing_or_old_prove_nothing(archive, tmp_path, capsys):
    code, told = ask_archive(tmp_path / "none", capsys)
    assert code == 3 and "apt has no list of bookworm-security" in told
    code, told = ask_archive(write_lists(tmp_path / "lists", codename="bookworm"), capsys)
    assert code == 3 and "apt has no list" in told
    code, told = ask_archive(write_lists(tmp_path / "lists", until="Fri, 27 Nov 2026 00:00:00 UTC"), capsys)
    assert code == 3 and "apt's lists ended on 2026-11-27" in told


@pytest.fixture
def tree(tmp_path):
    """What a release says of itself, ready."""
    folder = tmp_path / "tree"
    (folder / "packaging/debian").mkdir(parents=True)
    (folder / "CMakeLists.txt").write_text("project(reeltally VERSION 1.2.0 LANGUAGES CXX\n)\nset(REELTALLY_DATE 2026-11-28)\n")
    (folder / "packaging/debian/changelog").write_text("reeltally (1.2.0-1) unstable; urgency=medium\n")
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0, 2026-11-28\n\n- x\n\n## 1.1.0, 2026-10-01\n")
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    return folder


def judged(tree, capsys):
    results = release.Results()
    release.check_texts(tree, "2026-11-28", results)
    release.check_tree(tree, results)
    return results.code, [line for line in capsys.readouterr().out.splitlines() if not line.startswith("ok")]


def test_a_tree_that_is_ready(tree, capsys):
    assert judged(tree, capsys) == (0, [])


@pytest.mark.parametrize("file, old, new, told", [
    ("CMakeLists.txt", "2026-11-28", "2026-11-24", "REELTALLY_DATE is 2026-11-24"),
    ("packaging/debian/changelog", "1.2.0-1", "1.1.0-1", "begins with 1.1.0-1, CMakeLists.txt has 1.2.0"),
    ("CHANGELOG.md", "## 1.2.0, 2026-11-28", "## Unreleased", "begins with '## Unreleased' instead of '## 1.2.0, 2026-11-28'"),
    ("CHANGELOG.md", "## 1.2.0, 2026-11-28", "## 1.2.0, 2026-11-27", "begins with '## 1.2.0, 2026-11-27'")])
def test_a_text_that_is_not_ready(tree, capsys, file, old, new, told):
    (tree / file).write_text((tree / file).read_text().replace(old, new))
    code, failures = judged(tree, capsys)
    assert code == 1 and len(failures) == 2 and told in failures[0]
    assert f"1 files are changed or unknown to git, such as {file}" in failures[1]


def test_a_version_that_was_released_already(tree, capsys):
    subprocess.run(["git", "-C", tree, "tag", "v1.2.0"], check=True)
    assert judged(tree, capsys) == (0, [])
    subprocess.run(["git", "-C", tree, "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q", "--allow-empty", "-m", "y"], check=True)
    code, failures = judged(tree, capsys)
    assert code == 1 and "the tag v1.2.0 exists on another commit" in failures[0]


def test_a_package_that_cannot_be_made(tmp_path, capsys):
    results = release.Results()
    release.check_package(tmp_path, results)
    assert results.code == 1 and "no package: cpack" in capsys.readouterr().out


def test_a_file_that_no_package_has_is_no_guess(tmp_path):
    (tmp_path / "libown.so").touch()
    with pytest.raises(OSError, match="no Debian package has .*libown.so"):
        release.owners([str(tmp_path / "libown.so"), "/lib/x86_64-linux-gnu/libc.so.6"])


def test_all_that_the_program_is_made_of(tracker, tmp_path):
    """The real program: its own libraries, those that these load, and those that are headers or static."""
    if not re.search("^REELTALLY_SANITIZE:STRING=$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE):
        pytest.skip("a build with sanitizers is not released")
    place = tracker({"curl": CURL, "sqlitecpp": {"CVE-2026-30001": issue("open", urgency="high")}})
    done = subprocess.run([TOOL, "--build", BUILD, "--tracker", place, "--codename", "bookworm", "--lists", tmp_path / "none"],
                          capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    for row in (r"^linked +libcurl4\S* +\S+ +curl \S+$", r"^linked +libsqlite3-0", r"^compiled +libsqlitecpp-dev",
                r"^compiled +libcxxopts-dev", r"^compiled +nlohmann-json3-dev", r"^through +libnghttp2-14",
                r"^ok +package reeltally_\S+\.deb, SHA-256 [0-9a-f]{64}$", r"^FAILS +tracker: sqlitecpp \S+: CVE-2026-30001: open, high$",
                r"^FAILS +tracker: curl \S+: CVE-2026-10001: fixed in", r"^UNKNOWN +archive: apt has no list"):
        assert re.search(row, done.stdout, re.M), (row, done.stdout)
    assert re.search(r"^\d+ checks failed, 1 could not be made$", done.stdout, re.M)


def test_a_folder_without_a_program_is_wrong_usage(tmp_path):
    done = subprocess.run([TOOL, "--build", tmp_path], capture_output=True, text=True)
    assert done.returncode == 2 and "no program in" in done.stderr
