"""close --sign-with: a program signs the head of the chain of closed periods."""
import base64
import json
import os
import signal
import time

import pytest

AGO = 40 * 86400
MONTH = time.strftime("%Y-%m", time.gmtime(time.time() - AGO))


@pytest.fixture
def month(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    gateway.set_clock(-AGO)
    assert reeltally.run(gateway, "--no-download", reeltally.csv("a,m", header="task_id,model")).code == 0
    return MONTH


def script(program, text, name="sign.sh"):
    path = program.folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


def kept(program):
    return program.sql("SELECT sha256, signature FROM v_period")


def test_the_head_is_signed_and_the_signature_is_kept(reeltally, month):
    signing = script(reeltally, "env | grep -c ANYFAST; printf 'signed \\0 '; cat")
    closed = reeltally("close", month, "--sign-with", signing, "--json")
    said = json.loads(closed.out)
    assert closed.code == 0 and said["signed"] is True, closed
    signature = b"0\nsigned \0 " + said["head"].encode() + b"\n"
    assert kept(reeltally) == [(said["head"], signature)], "and the program sees no key"
    assert reeltally("report", "--period", month, "-o", "month.csv").code == 0
    manifest = json.loads((reeltally.folder / "month.csv.manifest.json").read_text())
    assert manifest["head"] == said["head"] and base64.b64decode(manifest["signature"]) == signature
    again = reeltally("close", month, "--sign-with", script(reeltally, "echo other", "other.sh"))
    assert again.code == 0 and again.out.endswith(", signed\n"), again
    assert kept(reeltally) == [(said["head"], signature)], "a signature stays"


def test_a_failure_is_seen_by_a_process_whose_parent_ignores_its_children(reeltally, month):
    """The kernel then forgets how a child ended, unless the program wants to know."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    signing = script(reeltally, "echo garbage; exit 3")
    closed = reeltally("close", month, "--sign-with", signing, wrapper=["/usr/bin/python3", "-c", ignoring])
    assert closed.code == 1 and "exit code 3" in closed.err and kept(reeltally) == [], closed


def test_a_closed_month_gets_its_signature_later(reeltally, month):
    assert json.loads(reeltally("close", month, "--json").out)["signed"] is False
    assert reeltally("close", month, "--sign-with", script(reeltally, "exit 1")).code == 1
    signing = script(reeltally, "cat")
    preview = reeltally("close", month, "--sign-with", signing, "--dry-run")
    assert preview.code == 0 and kept(reeltally)[0][1] is None and " was closed before, and would be signed now: " in preview.out, preview
    signed = reeltally("close", month, "--sign-with", signing).out
    assert " was closed before, and is signed now: " in signed and signed.endswith(", signed\n"), signed
    again = reeltally("close", month, "--sign-with", signing).out
    assert " was closed before: " in again and again.endswith(", signed\n"), again
    (head, signature), = kept(reeltally)
    assert signature == head.encode() + b"\n"


@pytest.mark.parametrize("text, why", [
    ("cat >/dev/null; exit 3", "exit code 3"), ("kill -9 $$", "signal 9"), ("true", "it printed nothing"),
    ("yes", "it writes more than 64.0 KiB")])
def test_without_its_signature_nothing_is_closed(reeltally, month, text, why):
    signing = script(reeltally, text)
    refused = reeltally("close", month, "--sign-with", signing)
    assert (refused.code, refused.out) == (1, "") and f"--sign-with {signing}: {why};" in refused.err, refused
    assert kept(reeltally) == []
    assert reeltally("close", month).code == 0, "nobody holds the ledger"


def test_what_cannot_sign_is_refused_before_anything_is_done(reeltally, month):
    refused = reeltally("close", month, "--sign-with", "./none")
    assert refused.code == 2 and "no executable program" in refused.err and kept(reeltally) == [], refused
    signing = script(reeltally, "cat")
    assert reeltally("close", month, "--reprice", "--prices", "x.csv", "--sign-with", signing).code == 2
    # A child of the program may keep its output open.
    lasting = script(reeltally, "sleep 200 2>&- & echo $! >child; cat")
    begun = time.monotonic()
    closed = reeltally("close", month, "--sign-with", lasting)
    took = time.monotonic() - begun
    os.kill(int((reeltally.folder / "child").read_text()), signal.SIGKILL)
    assert closed.code == 0 and took < 150, closed
