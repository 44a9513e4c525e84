"""What a run calls and writes beside its videos: --exec, --sidecar, --ping-url."""
import http.server
import json
import signal
import threading
import time

import pytest

from conftest import KEY


def program(folder, text):
    path = folder / "hook"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_exec_after_each_recorded_video(reeltally, make_gateway):
    gateway = make_gateway(tasks={f"t{i}": {"vendor": "happyhorse"} for i in range(6)})
    hook = program(reeltally.folder, 'env | sort > "$1.env"; echo "$#" >> "$1.env"; echo said; cat >> "$1.env"\n'
                                     'sqlite3 "$LEDGER" "SELECT state FROM v_video WHERE path = \'$1\'" >> "$1.env"')
    result = reeltally.run(gateway, "--exec", hook, reeltally.csv(*gateway_ids(6)), env={"LEDGER": str(reeltally.ledger)})
    assert result.code == 0 and "said" not in result.out, result
    for task in gateway_ids(6):
        lines = (reeltally.videos / f"{task}.mp4.env").read_text().splitlines()
        assert f"REELTALLY_TASK_ID={task}" in lines and f"REELTALLY_PATH={reeltally.videos}/{task}.mp4" in lines
        (recorded,) = reeltally.sql("SELECT sha256 FROM v_video WHERE task_id = ?", task)
        assert f"REELTALLY_SHA256={recorded[0]}" in lines
        assert KEY not in "\n".join(lines) and not any(line.startswith("ANYFAST") for line in lines)
        assert lines[-2:] == ["1", "done"], "one argument, nothing on stdin, and the ledger knows the video"


def gateway_ids(count):
    return [f"t{i}" for i in range(count)]


@pytest.mark.parametrize("text, said", [("exit 3\n", "exit code 3"), ("kill -9 $$\n", "signal 9")])
def test_a_failing_hook_loses_nothing(reeltally, make_gateway, text, said):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    result = reeltally.run(gateway, "--exec", program(reeltally.folder, text), reeltally.csv("a"))
    assert result.code == 0 and said in result.err and result.summary["errors"] == {"hook": 1}, result
    assert reeltally.files() == ["a.mp4"]


def test_a_program_that_is_none(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    result = reeltally.run(gateway, "--exec", "no-such-program", reeltally.csv("a"))
    assert result.code == 2 and "--exec no-such-program" in result.err and not gateway.queries()


def test_a_signal_ends_hooks_that_hang(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    hook = program(reeltally.folder, 'touch "$1.began"; exec sleep 300\n')
    process = reeltally.start("run", *reeltally.flags(gateway), "--exec", hook, reeltally.csv("a"))
    until = time.monotonic() + 20
    while not (reeltally.videos / "a.mp4.began").exists():
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    result = reeltally.finish(process)
    assert result.code == 143 and time.monotonic() - begin < 5 and "ended with the run" in result.err, result


def test_sidecars(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}, "b": {"vendor": "happyhorse"}})
    reeltally.videos.mkdir()
    (reeltally.videos / "b.mp4.json").write_text("mine")
    result = reeltally.run(gateway, "--sidecar", reeltally.csv("a,North", "b,South", header="task_id,customer"))
    assert result.code == 0 and "b.mp4.json was not written" in result.err, result
    sidecar = json.loads((reeltally.videos / "a.mp4.json").read_text())
    (sha256, size), = reeltally.sql("SELECT sha256, bytes FROM v_video WHERE task_id = 'a'")
    assert (sidecar["task_id"], sidecar["sha256"], sidecar["bytes"]) == ("a", sha256, size)
    assert sidecar["labels"] == {"customer": "North"} and sidecar["file"] == "a.mp4"
    assert "http" not in json.dumps(sidecar) and (reeltally.videos / "b.mp4.json").read_text() == "mine"


class Monitor:
    def __init__(self, status):
        calls = self.calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                calls.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/ping/secret-uuid"


def test_the_monitor_hears_start_and_end(reeltally, make_gateway):
    monitor = Monitor(200)
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}, "b": {"polls": ["500"]}})
    assert reeltally.run(gateway, "--ping-url", monitor.url, reeltally.csv("a")).code == 0
    result = reeltally.run(gateway, "--ping-url", monitor.url, "--retries", "0", "-vv", reeltally.csv("b"))
    assert result.code == 3 and "secret-uuid" not in result.err
    assert monitor.calls == ["/ping/secret-uuid/start", "/ping/secret-uuid/0", "/ping/secret-uuid/start", "/ping/secret-uuid/3"]
    gateway = make_gateway(tasks={"a": {"polls": ["401:"]}})
    reeltally.run(gateway, "--ping-url", monitor.url, "--refresh", reeltally.csv("a"))
    assert monitor.calls[-1] == "/ping/secret-uuid/12"


def test_a_monitor_that_fails_is_a_warning(reeltally, make_gateway):
    monitor = Monitor(500)
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}})
    result = reeltally.run(gateway, "--ping-url", monitor.url, reeltally.csv("a"))
    assert result.code == 0 and "HTTP 500" in result.err and "secret-uuid" not in result.err, result
    assert len(monitor.calls) == 6, "three tries each"
