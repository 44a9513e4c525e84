"""Programs, files and calls that accompany a run: --exec, --sidecar, --ping-url."""
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import jsonschema
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
                                     'sqlite3 -cmd ".timeout 60000" "$LEDGER" "SELECT state FROM v_video WHERE path = \'$1\'" >> "$1.env"')
    (reeltally.folder / "config.toml").write_text('[account.other]\napi-key-env = "OTHER"\n')
    key_file = reeltally.folder / "key"
    key_file.write_text(KEY)
    key_file.chmod(0o600)
    result = reeltally.run(gateway, "--exec", hook, "--config", "config.toml", "--api-key-file", key_file,
                           reeltally.csv(*gateway_ids(6)),
                           env={"LEDGER": str(reeltally.ledger), "ANYFAST_API_KEY": "sk-of-another", "OTHER": "sk-other"})
    assert result.code == 0 and "said" not in result.out and result.err.count("note: t0: said\n") == 1, result
    assert "hook" not in result.summary["errors"], result
    for task in gateway_ids(6):
        lines = (reeltally.videos / f"{task}.mp4.env").read_text().splitlines()
        assert f"REELTALLY_TASK_ID={task}" in lines and f"REELTALLY_PATH={reeltally.videos}/{task}.mp4" in lines
        (recorded,) = reeltally.sql("SELECT sha256 FROM v_video WHERE task_id = ?", task)
        assert f"REELTALLY_SHA256={recorded[0]}" in lines
        assert not any(key in "\n".join(lines) for key in (KEY, "sk-o", "ANYFAST", "OTHER")), lines
        assert lines[-2:] == ["1", "done"], "one argument, nothing on stdin, and the ledger knows the video"


def gateway_ids(count):
    return [f"t{i}" for i in range(count)]


@pytest.mark.parametrize("text, said", [("exit 3\n", "exit code 3"), ("kill -9 $$\n", "signal 9")])
def test_a_failing_hook_loses_nothing(reeltally, make_gateway, text, said):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    result = reeltally.run(gateway, "--exec", program(reeltally.folder, text), reeltally.csv("a"))
    assert result.code == 0 and said in result.err and result.summary["errors"] == {"hook": 1}, result
    assert reeltally.files() == ["a.mp4"]


def test_a_program_that_does_not_exist(reeltally, make_gateway):
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


@pytest.mark.parametrize("text, said", [("exit 0\n", None), ("exit 3\n", "exit code 3"), ("sleep 300\n", "ended with the run")])
def test_a_hook_ends_at_once_where_pidfd_open_is_forbidden(reeltally, make_gateway, text, said):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    hook = program(reeltally.folder, 'touch "$1.began"\n' + text)
    process = reeltally.start("run", *reeltally.flags(gateway), "--exec", hook, reeltally.csv("a"),
                              wrapper=["strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=pidfd_open",
                                       "-e", "inject=pidfd_open:error=EPERM"])
    begin = time.monotonic()
    if "sleep" in text:
        while not (reeltally.videos / "a.mp4.began").exists():
            assert time.monotonic() < begin + 20 and process.poll() is None
            time.sleep(0.01)
        subprocess.run(["pkill", "-TERM", "-P", str(process.pid), "reeltally"], check=True)
    result = reeltally.finish(process)
    assert time.monotonic() - begin < 20 and reeltally.files().count("a.mp4") == 1, result
    assert said in result.err if said else not result.err.count("hook"), result


def test_what_a_hook_prints_is_a_message(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    hook = program(reeltally.folder, "printf '\\033[31mred\\n' >&2; head -c 3000 /dev/zero | tr '\\0' x; (exec sleep 20) & exit 0\n")
    result = reeltally.run(gateway, "--exec", hook, "--log-format", "json", reeltally.csv("a"))
    said = [json.loads(line)["message"] for line in result.err.splitlines()]
    assert result.code == 0 and said[:2] == ["a: \\x1b[31mred", "a: " + "x" * 1024], said
    assert not reeltally.run(gateway, "-q", "--exec", hook, "--refresh", "-o", "again", reeltally.csv("a")).err


def test_sidecars(reeltally, make_gateway):
    gateway = make_gateway(tasks={name: {"vendor": "happyhorse"} for name in "abc"})
    reeltally.videos.mkdir()
    (reeltally.videos / "b.mp4.json").write_text("mine")
    os.mkfifo(reeltally.videos / "c.mp4.json")
    result = reeltally.run(gateway, "--sidecar", reeltally.csv("a,North", "b,South", "c,South", header="task_id,customer"))
    assert result.code == 0 and all(f"{name}.mp4.json was not written" in result.err for name in "bc"), result
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


def test_the_monitor_gets_start_and_end(reeltally, make_gateway):
    monitor = Monitor(200)
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}, "b": {"polls": ["500"]}})
    assert reeltally.run(gateway, "--ping-url", monitor.url, reeltally.csv("a")).code == 0
    result = reeltally.run(gateway, "--ping-url", monitor.url, "--retries", "0", "-vv", reeltally.csv("b"))
    assert result.code == 3 and "secret-uuid" not in result.err
    assert monitor.calls == ["/ping/secret-uuid/start", "/ping/secret-uuid/0", "/ping/secret-uuid/start", "/ping/secret-uuid/3"]
    gateway = make_gateway(tasks={"a": {"polls": ["401:"]}})
    reeltally.run(gateway, "--ping-url", monitor.url, "--refresh", reeltally.csv("a"))
    assert monitor.calls[-1] == "/ping/secret-uuid/12"


def handles(process, number):
    """Whether the process has come so far that the signal does not kill it: it is caught, or waited for."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    masks = re.findall(r"^Sig(?:Blk|Cgt):\s*(\w+)", status, re.M)
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


def test_the_monitor_gets_the_code_of_a_run_that_could_not_start(reeltally, make_gateway):
    monitor = Monitor(200)
    gateway = make_gateway(default={"polls": ["IN_PROGRESS"]})
    flags = ["--ping-url", monitor.url]
    assert reeltally.run(gateway, *flags, "no-such-file.csv").code == 2
    assert reeltally.run(gateway, *flags, reeltally.csv("a"), env={"ANYFAST_API_KEY": ""}).code == 2
    assert reeltally.run(gateway, *flags, "--exec", "no-such-program", reeltally.csv("a")).code == 2
    assert reeltally.run(gateway, *flags, "--dry-run", "no-such-file.csv").code == 2, "which is no run"
    assert monitor.calls == ["/ping/secret-uuid/2"] * 3, "none of them began"
    first = reeltally.start("run", *reeltally.flags(gateway), "--wait", "--deadline", "20s", reeltally.csv("a"))
    while not gateway.queries():
        assert first.poll() is None
        time.sleep(0.01)
    assert reeltally.run(gateway, *flags, reeltally.csv("a")).code == 11
    assert monitor.calls[3:] == ["/ping/secret-uuid/11"], "the start of the other run still counts"
    waiting = reeltally.start("run", *reeltally.flags(gateway), *flags, "--lock-wait", "20s", reeltally.csv("a"))
    while not handles(waiting, signal.SIGTERM):
        assert waiting.poll() is None
        time.sleep(0.01)
    waiting.send_signal(signal.SIGTERM)
    assert reeltally.finish(waiting).code == 143 and monitor.calls[4:] == ["/ping/secret-uuid/143"]
    first.send_signal(signal.SIGINT)
    assert reeltally.finish(first).code == 130


def test_a_monitor_that_fails_is_a_warning(reeltally, make_gateway):
    monitor = Monitor(500)
    gateway = make_gateway(tasks={"a": {"polls": ["failure"]}})
    result = reeltally.run(gateway, "--ping-url", monitor.url, reeltally.csv("a"))
    assert result.code == 0 and "HTTP 500" in result.err and "secret-uuid" not in result.err, result
    assert len(monitor.calls) == 6, "three tries each"


def test_a_sidecar_that_is_missing_is_written_by_the_next_run(reeltally, make_gateway):
    gateway = make_gateway(tasks={f"t{i}": {"vendor": "happyhorse"} for i in range(3)})
    rows = reeltally.folder / "rows.csv"
    rows.write_text("task_id,customer\n" + "".join(f"{task},acme\n" for task in gateway_ids(3)))
    assert reeltally.run(gateway, "--sidecar", rows).code == 0
    sidecars = {task: reeltally.videos / f"{task}.mp4.json" for task in gateway_ids(3)}
    texts = {task: path.read_text() for task, path in sidecars.items()}
    for task in ("t0", "t1"):
        sidecars[task].unlink()
    (reeltally.videos / "t2.mp4.json").write_text("mine")
    assert reeltally.run(gateway, rows).code == 0 and not sidecars["t0"].exists(), "only --sidecar writes them"
    for arguments in ([rows], ["--pending"]):
        sidecars["t0"].unlink(missing_ok=True)
        assert reeltally.run(gateway, "--sidecar", *arguments).code == 0
        assert [sidecars[task].read_text() for task in ("t0", "t1")] == [texts["t0"], texts["t1"]]
        assert sidecars["t2"].read_text() == "mine"


def test_a_sidecar_is_not_written_through_a_link(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    assert reeltally.run(gateway, "--name", "sub/{task_id}.{ext}", reeltally.csv("a")).code == 0
    (reeltally.videos / "sub").rename(reeltally.folder / "elsewhere")
    (reeltally.videos / "sub").symlink_to(reeltally.folder / "elsewhere")
    result = reeltally.run(gateway, "--name", "sub/{task_id}.{ext}", "--sidecar", reeltally.csv("a"))
    assert sorted(path.name for path in (reeltally.folder / "elsewhere").iterdir()) == ["a.mp4"], result
    assert "symbolic link" in result.err and result.summary["errors"] == {"hook": 1}, result


ON_END = 'env >"$OUT.env"; cp "$REELTALLY_SUMMARY" "$OUT"; stat -c %a "$REELTALLY_SUMMARY" >"$OUT.mode"; echo "$#" "$REELTALLY_EXIT_CODE"\n'


def test_on_end_hears_how_the_run_ended(reeltally, make_gateway, tmp_path):
    gateway = make_gateway(tasks={"good": {"vendor": "happyhorse"}, "gone": {"polls": ["500"]}})
    hook, out = program(reeltally.folder, ON_END), tmp_path / "heard"
    result = reeltally.run(gateway, "--retries", "0", "--on-end", hook, reeltally.csv("good", "gone"),
                           env={"OUT": str(out), "ANYFAST_API_KEY": KEY, "COPY_OF_KEY": KEY})
    assert result.code == 3 and "note: --on-end: 0 3\n" in result.err, result
    summary = json.loads(out.read_text())
    assert {**result.summary, "seconds": 0} == {**summary, "seconds": 0} and (tmp_path / "heard.mode").read_text() == "600\n"
    lines = (tmp_path / "heard.env").read_text().splitlines()
    assert "REELTALLY_EXIT_CODE=3" in lines and f"REELTALLY_RUN_ID={summary['run_id']}" in lines
    assert KEY not in "\n".join(lines), "no key"
    path = next(line for line in lines if line.startswith("REELTALLY_SUMMARY=")).split("=", 1)[1]
    assert not os.path.exists(path), "the file goes with the run"


@pytest.mark.parametrize("arguments", [["none.csv"], ["--db", "/proc/none/l.db", "tasks.csv"], ["--api-key-file", "none", "tasks.csv"]])
def test_on_end_hears_of_a_run_that_could_not_begin(reeltally, make_gateway, arguments):
    reeltally.csv("a")
    hook = program(reeltally.folder, 'cp "$REELTALLY_SUMMARY" "$0.heard"; env >"$0.env"\n')
    result = reeltally.run(make_gateway(), "--on-end", hook, *arguments, env={"COPY_OF_KEY": KEY})
    assert result.code != 0
    heard = json.loads((reeltally.folder / "hook.heard").read_text())
    assert heard["exit_code"] == result.code and heard["run_id"] == 0, result
    variables = (reeltally.folder / "hook.env").read_text()
    assert "REELTALLY_RUN_ID=\n" in variables and KEY not in variables


def test_the_output_of_a_program_is_bounded(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    hook = program(reeltally.folder, "yes spam | head -n 100000; exit 4\n")
    result = reeltally.run(gateway, "--on-end", hook, reeltally.csv("a"))
    assert result.code == 0 and result.err.count("--on-end: (its further output is not shown)") == 1, result.err[-500:]
    assert result.err.count("spam") == 65536 // 4 and "exit code 4" in result.err, "it was not held up either"


def test_on_end_may_use_the_ledger_and_its_failure_is_a_warning(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"vendor": "happyhorse"}})
    hook = program(reeltally.folder, 'sleep 0.2; "$PROGRAM" db migrate --db "$LEDGER" || exit 7; exit 9\n')
    result = reeltally.run(gateway, "--on-end", hook, reeltally.csv("a"),
                           env={"PROGRAM": os.environ["REELTALLY_BIN"], "LEDGER": str(reeltally.ledger)})
    assert result.code == 0 and re.search(r"warning: --on-end \S+/hook: exit code 9\n", result.err), result
    assert reeltally.run(gateway, "--on-end", "no-such-program", reeltally.csv("a")).code == 2


def test_json_logs_are_as_their_schema_says(reeltally, make_gateway):
    schema = json.loads((pathlib.Path(__file__).parents[2] / "docs/log.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    gateway = make_gateway(tasks={"good": {"vendor": "happyhorse"}, "gone": {"polls": ["500"]}, "odd": {"polls": ["null"]},
                                  "lost": {"vendor": "happyhorse", "media": ["403"]}})
    result = reeltally.run(gateway, "--retries", "0", "--log-format", "json", "-vv", reeltally.csv("good", "gone", "odd", "lost", "a b\t"))
    lines = [json.loads(line) for line in result.err.splitlines()]
    for line in lines:
        validator.validate(line)
    told = {line["kind"] for line in lines if "kind" in line}
    assert {"request", "not_answered"} <= told, told
    (gone,) = [line for line in lines if line.get("task") == "gone" and line["kind"] == "not_answered"]
    assert gone["http_status"] == 500 and gone["account"] == "default" and gone["level"] == "debug"
    (ended,) = [line for line in lines if line.get("http_status") == 500 and "count" in line]
    assert ended["count"] == 1 and ended["kind"] == "not_answered" and ended["level"] == "error"
