"""The faults of design.md that the test gateway can cause, each with the expected result."""
import socket
import sqlite3
import subprocess
import time

import pytest

# Faults of one answer that a retry heals.
HEALED = ["reset", "reset_mid", "truncated", "short", "two_lengths", "negative_length", "nul_header", "http09",
          "bad_chunk", "cut_chunk", "header_flood", "gzip_bomb", "endless", "500", "502", "503", "504", "429", "429:1",
          "429:garbage", "429:-5", "200error", "null", "empty", "204", "portal", "other", "redirect",
          "redirect_file", "redirect_meta", "deep", "duplicate_keys", "big_number", "latin1"]


@pytest.mark.parametrize("fault", HEALED)
def test_an_unusable_answer_is_queried_again(reeltally, make_gateway, fault):
    gateway = make_gateway(tasks={"a": {"polls": [fault, "failure"]}, "b": {"polls": ["failure"]}})
    result = reeltally.run(gateway, reeltally.csv("a", "b"))
    assert result.code == 0, result
    assert reeltally.states() == {"a": "failed", "b": "failed"}
    assert len(gateway.queries("a")) == 2
    assert not gateway.fetches(), "no redirect is followed"


@pytest.mark.parametrize("fault", ["truncated", "portal", "200error", "null", "other", "redirect", "500", "deep",
                                   "bad_token"])
def test_and_given_up_in_the_end(reeltally, make_gateway, fault):
    gateway = make_gateway(tasks={"a": {"polls": [fault]}, "b": {"polls": ["failure"]}})
    result = reeltally.run(gateway, "--retries", "1", reeltally.csv("a", "b"))
    assert result.code == 3 and result.summary["not_answered"] == 1
    assert reeltally.states() == {"a": "unfinished", "b": "failed"}
    assert reeltally.sql("SELECT count(*) FROM v_usage WHERE task_id = 'a'") == [(0,)]


@pytest.mark.parametrize("fault", ["odd_status", "odd_shape", "lone_surrogate"])
def test_an_unrecognised_answer_is_stored_and_unfinished(reeltally, make_gateway, fault):
    gateway = make_gateway(default={"polls": [fault]})
    result = reeltally.run(gateway, "--retries", "0", reeltally.csv("a"))
    assert reeltally.states() == {"a": "unfinished"}
    if fault != "lone_surrogate":
        assert result.code == 0 and result.summary["unrecognised"] == 1


def test_the_video_beside_an_unknown_word_is_downloaded_and_reported(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["odd_success", "odd_success", "success", "odd_success"]})
    path = reeltally.csv("a")
    metrics = reeltally.folder / "metrics.prom"
    first = reeltally.run(gateway, "-q", "--metrics-file", metrics, path)
    assert first.code == 0 and "a: unknown status word: done" in first.err, first
    assert reeltally.states() == {"a": "unfinished"} and reeltally.files() == ["a.mp4"]
    assert "reeltally_last_run_unrecognised 1" in metrics.read_text()
    assert reeltally("db", "check").code == 0
    reeltally.run(gateway, path)
    assert reeltally.run(gateway, path).code == 0 and reeltally.states() == {"a": "succeeded"}
    assert reeltally.run(gateway, "--refresh", path).code == 0 and reeltally.states() == {"a": "succeeded"}
    assert len(gateway.fetches()) == 1 and reeltally("db", "check").code == 0


@pytest.mark.parametrize("fault", ["404html", "404empty"])
def test_a_404_of_a_server_before_the_gateway_makes_no_task_missing(reeltally, make_gateway, fault):
    gateway = make_gateway(tasks={"a": {"polls": [fault] * 4 + ["success"], "vendor": "seedance"}})
    path = reeltally.csv("a")
    assert [result.code for result in reeltally.runs_apart(4, gateway, "--retries", "0", path)] == [3] * 4
    assert reeltally.states() == {"a": "unfinished"}
    assert reeltally.run(gateway, path).code == 0 and reeltally.files() == ["a.mp4"]


def change_ledger(reeltally, sql):
    with sqlite3.connect(reeltally.ledger) as database:
        database.executescript(sql)


def test_an_answer_that_cannot_be_recorded_affects_only_its_task(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["running", "success"]})
    path = reeltally.csv(*"abcdef")
    assert reeltally.run(gateway, path).code == 0
    change_ledger(reeltally, "CREATE TRIGGER trouble BEFORE INSERT ON snapshot "
                             "WHEN NEW.task = (SELECT id FROM task WHERE task_id = 'c') "
                             "BEGIN SELECT RAISE(ABORT, 'not this one'); END")
    for _ in range(2):
        failed = reeltally.folder / "failed.csv"
        result = reeltally.run(gateway, "--refresh", "--failed-out", failed, path)
        assert result.code == 3, result
        assert "c: its answer could not be recorded: not this one" in result.err
        assert result.summary["not_answered"] == 1 and result.summary["errors"] == {"unexpected": 1}
        assert [line for line in failed.read_text().splitlines() if line[:1] != "#"] == ["task_id", "c"]
    assert reeltally.states() == dict(dict.fromkeys("abdef", "succeeded"), c="unfinished")
    change_ledger(reeltally, "DROP TRIGGER trouble")
    assert reeltally.run(gateway, path).code == 0 and reeltally.states()["c"] == "succeeded"


def test_a_stored_answer_that_is_damaged_ends_no_run(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["success"]})
    assert reeltally.run(gateway, "--no-download", "--concurrency", "1", reeltally.csv("a")).code == 0
    whole = reeltally.sql("SELECT content FROM answer_block")[0][0]
    change_ledger(reeltally, "UPDATE answer_block SET content = x'00112233'")
    assert reeltally("db", "check").code == 1
    result = reeltally.run(gateway, "--pending", reeltally.csv("b"))
    assert result.code == 0 and reeltally.files() == ["a.mp4", "b.mp4"], result
    assert len(gateway.queries("a")) == 2, "the link comes from the gateway once more"
    with sqlite3.connect(reeltally.ledger) as database:
        database.execute("UPDATE answer_block SET content = ? WHERE id = 1", (whole,))


def test_a_dead_name_server_delays_nobody(reeltally):
    for name, text in (("resolv.conf", "nameserver 127.0.0.1\n"), ("nsswitch.conf", "hosts: files dns\n")):
        (reeltally.folder / name).write_text(text)
    # A machine of its own, whose name server takes questions and never answers.
    script = ("ip link set lo up && mount --bind resolv.conf /etc/resolv.conf && "
              "mount --bind nsswitch.conf /etc/nsswitch.conf || exit 99\n"
              "exec /usr/bin/python3 -c 'import socket, subprocess, sys\n"
              "server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              "server.bind((\"127.0.0.1\", 53))\n"
              "sys.exit(subprocess.run(sys.argv[1:]).returncode)' \"$@\"")
    begin = time.monotonic()
    result = reeltally("run", "--base-url", "https://gateway.test", "--connect-timeout", "300ms", "--retries", "0", "--json",
                       reeltally.csv("a", "b", "c"), wrapper=["unshare", "--mount", "--net", "/bin/sh", "-c", script, "sh"])
    if result.code == 99 or "unshare" in result.err:
        pytest.skip("needs root to make namespaces")
    assert result.code == 3 and result.summary["errors"] == {"timeout": 3}, result
    assert time.monotonic() - begin < 5


def test_a_long_body_is_cut_at_its_promised_length(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["long", "failure"]}})
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0


@pytest.mark.parametrize("fault", ["stall", "loris"])
def test_a_stalled_answer_ends_at_the_timeout(reeltally, make_gateway, fault):
    gateway = make_gateway(tasks={"a": {"polls": [fault, "failure"]}})
    begin = time.monotonic()
    result = reeltally.run(gateway, "--timeout", "1s", reeltally.csv("a"))
    assert result.code == 0 and time.monotonic() - begin < 10
    assert result.summary["errors"] == {"timeout": 1}


def test_a_first_answer_that_stalls_holds_up_no_other(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]}, tasks={"a": {"polls": ["stall"]}})
    result = reeltally.run(gateway, "--timeout", "1s", "--retries", "0", reeltally.csv("a", *(f"t{i}" for i in range(20))))
    assert result.code == 3 and result.summary["failed"] == 20 and result.summary["not_answered"] == 1, result


def test_refused_connections(reeltally, make_gateway):
    gateway = make_gateway()
    gateway.base = "http://127.0.0.1:9"
    result = reeltally.run(gateway, "--retries", "1", reeltally.csv("a", "b"))
    assert result.code == 3 and result.summary["errors"]["connect"] == 4


def test_nothing_is_queried_inside_retry_after(reeltally, make_gateway):
    gateway = make_gateway(tasks={"t0": {"polls": ["429:2", "failure"]}}, default={"polls": ["failure"]})
    result = reeltally.run(gateway, "--concurrency", "1", reeltally.csv(*(f"t{i}" for i in range(20))))
    assert result.code == 0
    times = [r["t"] for r in gateway.queries()]
    assert times[1] - times[0] >= 1.9 and len(times) == 21


def test_a_burst_of_errors_is_survived(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]}, burst=[10, 15, "502"])
    result = reeltally.run(gateway, "--concurrency", "8", reeltally.csv(*(f"t{i}" for i in range(60))))
    assert result.code == 0 and result.summary["failed"] == 60


def test_keep_alive_closed_at_random(reeltally, make_gateway):
    gateway = make_gateway(default={"polls": ["failure"]}, faults={"every": 7, "kind": "reset"})
    result = reeltally.run(gateway, reeltally.csv(*(f"t{i}" for i in range(100))))
    assert result.code == 0 and result.summary["failed"] == 100
    assert reeltally.sql("SELECT count(*) FROM v_snapshot") == [(100,)]


# ---- downloads

@pytest.mark.parametrize("fault", ["500", "429", "reset", "html", "xml", "empty", "half", "short", "bad_crc", "bad_md5",
                                   "cut"])
def test_a_bad_download_is_tried_again(reeltally, make_gateway, fault):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"faults": [fault]}})
    result = reeltally.run(gateway, reeltally.csv("a"))
    assert result.code == 0, result
    assert reeltally.files() == ["a.mp4"]


@pytest.mark.parametrize("fault", ["html", "xml", "empty", "half", "short", "bad_crc", "500", "to_file", "to_meta",
                                   "loop", "huge", "endless"])
def test_a_file_that_is_not_a_video_never_gets_its_name(reeltally, make_gateway, fault):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"always": fault}})
    result = reeltally.run(gateway, "--retries", "1", "--max-video-size", "3MiB", reeltally.csv("a"))
    assert result.code == 3 and result.summary["videos_failed"] == 1, result
    assert not [f for f in reeltally.files() if not f.startswith(".")]
    assert reeltally.sql("SELECT state FROM v_video") == [("wanted",)]
    assert reeltally.states() == {"a": "succeeded"}, "its usage is recorded all the same"


@pytest.mark.parametrize("then, resumed", [(None, True), ("no_range", False), ("wrong_range", False),
                                           ("other_etag", False), ("416", False)])
def test_a_cut_download_resumes_only_when_it_may(reeltally, make_gateway, then, resumed):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 40000, "faults": ["cut"] + ([then] if then else [])}})
    result = reeltally.run(gateway, reeltally.csv("a"))
    assert result.code == 0, result
    fetches = gateway.fetches()
    assert fetches[1]["range"] == "bytes=20000-" and fetches[1]["if_range"]
    assert (len(fetches) == 2 and fetches[1]["status"] == 206) == resumed
    assert reeltally.files() == ["a.mp4"] and (reeltally.videos / "a.mp4").stat().st_size == 40000


def test_a_later_run_resumes_too(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 40000, "faults": ["cut"]}})
    assert reeltally.run(gateway, "--retries", "0", reeltally.csv("a")).code == 3
    assert reeltally.run(gateway, "--pending").code == 0
    assert gateway.fetches()[-1]["status"] == 206
    assert reeltally.files() == ["a.mp4"]


def test_an_expired_link_is_queried_again_and_the_fresh_one_downloaded(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"fresh_links": True}})
    reeltally.run(gateway, "--no-download", reeltally.csv("a"))
    gateway.set_clock(86400 + 3600)
    result = reeltally.run(gateway, "--pending")
    assert result.code == 0, result
    assert len(gateway.queries("a")) == 2 and reeltally.files() == ["a.mp4"]


def test_a_dead_link_is_expired_and_named_once(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "seedance", "video": {"life": -60}})
    path = reeltally.csv("a")
    result = reeltally.run(gateway, path)
    assert result.code == 3 and result.summary["videos_expired"] == 1 and "expired: a" in result.err
    assert len(gateway.queries("a")) == 2, "exactly one more query"
    again = reeltally.run(gateway, path)
    assert again.code == 0 and again.summary["queried"] == 0


def test_nothing_is_left_of_a_video_that_is_given_up(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 40000, "faults": ["cut"]}})
    assert reeltally.run(gateway, "--retries", "0", reeltally.csv("a")).code == 3
    assert len(reeltally.files()) == 2, "a part and its notes, to be resumed"
    gateway.set_clock(86400 * 2)
    result = reeltally.run(gateway, "--pending")
    assert result.code == 3 and result.summary["videos_expired"] == 1 and reeltally.files() == [], result


def test_success_without_a_link_is_never_polled_for_ever(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "envelope_f", "content": "none"})
    path = reeltally.csv("a")
    for state in ("wanted", "failed"):
        assert reeltally.run(gateway, path).code == 3
        assert reeltally.sql("SELECT state FROM v_video") == [(state,)]
    assert reeltally.run(gateway, path).code == 0
    assert reeltally.states() == {"a": "succeeded"}


@pytest.mark.parametrize("content", ["bytes", "json", "redirect"])
def test_the_gateways_own_copy_gets_the_key_and_nobody_else(reeltally, make_gateway, content):
    gateway = make_gateway(default={"vendor": "sora", "content": content})
    result = reeltally.run(gateway, reeltally.csv("a"))
    assert result.code == 0, result
    assert reeltally.files() == ["a.mp4"]
    assert len(gateway.fetches()) == (0 if content == "bytes" else 1)  # the fixture looks for the key there


# All of them lead to this machine or its network; NAMES only by the file of hosts.
NAMES = ["loop4.example", "loop6.example", "mapped.example", "private.example"]
HOSTS = """127.0.0.1 localhost loop4.example
::1 localhost loop6.example
::ffff:127.0.0.1 mapped.example
10.1.2.3 private.example
"""
SPELLINGS = ["127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "127.000.000.001", "0x7f.1", "0x7F.0.0.1", "0x7f000001",
             "0177.1", "0177.0.0.1", "017700000001", "2130706433", "%31%32%37.0.0.1", "0", "0.0.0.0", "localhost",
             "LOCALHOST", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[::127.0.0.1]", "[::ffff:127.0.0.1]",
             "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "user@127.0.0.1", "user:word@localhost",
             "store.example@127.0.0.1", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
             "[fd00::1]", "[fe80::1%25lo]", *NAMES]
SCHEMES = ["file:///etc/passwd", "gopher://127.0.0.1/", "dict://127.0.0.1/", "ftp://127.0.0.1/x"]


def test_private_addresses_are_refused(reeltally, make_gateway):
    hosts = reeltally.folder / "hosts"
    hosts.write_text(HOSTS)
    wrapper = ["unshare", "--mount", "sh", "-c", f'mount --bind "{hosts}" /etc/hosts && exec "$@"', "sh"]
    spellings = SPELLINGS
    if subprocess.run([*wrapper, "true"], capture_output=True).returncode != 0:  # no mount namespace here
        wrapper, spellings = [], [one for one in SPELLINGS if one not in NAMES]
    victims = [socket.create_server(("127.0.0.1", 0))]
    port = victims[0].getsockname()[1]
    victims.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    tasks = {}
    for number, host in enumerate(spellings):
        url = f"http://{host}:{port}/x.mp4"
        tasks[f"link-{number}"] = {"vendor": "happyhorse", "url": url}
        tasks[f"redirect-{number}"] = {"vendor": "sora", "content": "to", "elsewhere": url}
        tasks[f"json-{number}"] = {"vendor": "sora", "content": "names", "elsewhere": url}
    for number, url in enumerate(SCHEMES):
        tasks[f"scheme-{number}"] = {"vendor": "sora", "content": "to", "elsewhere": url}
    gateway = make_gateway(tasks=tasks)
    flags = [f for f in reeltally.flags(gateway) if f != "--allow-private-hosts"]
    result = reeltally("run", *flags, "--retries", "0", "--connect-timeout", "2s", reeltally.csv(*tasks), wrapper=wrapper)
    assert result.code == 3 and result.summary["errors"] == {"video_refused_url": len(tasks)}, result
    for victim in victims:
        victim.setblocking(False)
        with pytest.raises(BlockingIOError):
            victim.accept()
        victim.close()
    assert not reeltally.files() and not gateway.fetches()


def test_plain_http_needs_to_be_allowed(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    flags = [f for f in reeltally.flags(gateway) if f != "--allow-http"]
    result = reeltally("run", *flags, reeltally.csv("a"))
    assert result.code == 3 and "--allow-http" in result.err and not gateway.fetches()


def test_the_servers_file_name_is_ignored(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"always": "disposition"}})
    assert reeltally.run(gateway, reeltally.csv("a")).code == 0
    assert reeltally.files() == ["a.mp4"]


def test_little_space_stops_downloads_and_queries_continue(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse"})
    result = reeltally.run(gateway, "--min-free", "900TiB", reeltally.csv("a", "b"))
    assert result.code == 3 and result.summary["succeeded"] == 2 and not gateway.fetches()
    assert "--min-free" in result.err


def test_failed_rows_hold_what_the_deadline_cut(reeltally, make_gateway):
    video = {"vendor": "seedance", "video": {"faults": ["stall"]}}
    gateway = make_gateway(tasks={"cut": video, "never": {"polls": ["stall", "failure"]}, "runs": {"polls": ["IN_PROGRESS", "failure"]}})
    out = reeltally.folder / "failed.csv"
    result = reeltally.run(gateway, "--deadline", "1s", "--wait", "--failed-out", out, reeltally.csv("cut", "never", "runs"))
    assert result.code == 3 and "not fetched: cut" in result.err, result
    assert out.read_text().splitlines() == ["task_id", "never", "cut"], "`runs` was answered"
    result = reeltally.run(gateway, out)
    assert result.code == 0 and reeltally.files() == ["cut.mp4"]


def test_a_file_size_limit_is_a_full_disk(reeltally, make_gateway):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 2_000_000}})
    result = reeltally.run(gateway, reeltally.csv("a", "b"), wrapper=["prlimit", "--fsize=1000000"])
    assert result.code == 1 and "File too large" in result.err and result.summary["succeeded"] == 2, result


def test_failed_rows_are_read_again(reeltally, make_gateway):
    gateway = make_gateway(tasks={"a": {"polls": ["500", "500", "failure"]}, "b": {"polls": ["failure"]}})
    out = reeltally.folder / "failed.csv"
    assert reeltally.run(gateway, "--retries", "1", "--failed-out", out, reeltally.csv("a", "b", "8.6E+17")).code == 3
    assert out.read_text().splitlines()[1:2] == ["# tasks.csv:4: the task ID was ruined by a spreadsheet; export the "
                                                 "column as text: 8.6E+17"] or "8.6E+17" in out.read_text()
    assert reeltally.run(gateway, out).code == 0
    assert reeltally.states() == {"a": "failed", "b": "failed"}
