"""`serve`: its pages say what the ledger holds, safely, and nothing else is to be had from it."""
import base64
import html
import json
import os
import re
import signal
import socket
import sqlite3
import time
import urllib.parse

import pytest

from conftest import KEY, PATIENCE
from pages import Pages, links, number, plain, table

HOSTILE = ["<script>alert(1)</script>", "a/../../etc/passwd", "\"'&<b>?x=1#y", "%2e%2e%2f"]
EVIL = "<img src=x onerror=alert(1)>"
# No single range that can be read: to be ignored (RFC 9110, section 14.2).
UNREADABLE_RANGES = ["bytes=9-5", "bytes=0-1,3-4", "bytes=0-1,9-5", "lines=1-2", "bytes=99999999999999999999-",
                     "bytes=-99999999999999999999", "bytes=" + "1-2," * 1500, "bytes=x"]
LINK = "https://store.example/v.mp4?Expires=9&Signature=canary77"


@pytest.fixture
def filled(reeltally, make_gateway):
    video = {"vendor": "happyhorse", "video": {"size": 5000}}
    tasks = {"slow": {"polls": ["IN_PROGRESS"]}, "bad": {"polls": ["failure"]}, "late": {"vendor": "happyhorse", "video": {"life": -60}}}
    rows = ["task_id,model,customer", f"slow,{EVIL},acme", "bad,,acme", "late,,"]
    for task_id in HOSTILE + [f"v{n:02}" for n in range(27)]:
        tasks[task_id] = video
        rows.append(",".join('"' + text.replace('"', '""') + '"' for text in (task_id, "Film-1.0", EVIL if len(task_id) > 3 else "Lumen & Co")))
    reeltally.gateway = make_gateway(tasks=tasks)
    path = reeltally.folder / "tasks.csv"
    path.write_text("\n".join(rows) + "\n")
    assert reeltally.run(reeltally.gateway, path).code in (3, 4)
    return reeltally


@pytest.fixture
def pages(filled):
    made = Pages(filled)
    yield made
    if made.process.poll() is None:
        made.end()


def test_the_numbers_are_those_of_the_ledger(filled, pages):
    page = pages.page("/")
    counts = dict(filled.sql("SELECT state, count(*) FROM v_task GROUP BY 1"))
    videos = dict(filled.sql("SELECT state, count(*) FROM v_video GROUP BY 1"))
    assert number(page, "unfinished") == counts["unfinished"] == 1
    assert number(page, "finished") == counts["succeeded"] + counts["failed"]
    assert number(page, "done") == videos["done"] == 31 and number(page, "wanted") == videos.get("wanted", 0)
    assert number(page, "lost") == videos["expired"] + videos.get("failed", 0)
    days = filled.sql("SELECT day, sum(CASE state WHEN 'succeeded' THEN tasks ELSE 0 END), "
                      "sum(CASE state WHEN 'failed' THEN tasks ELSE 0 END) FROM v_daily GROUP BY 1 ORDER BY 1 DESC")
    assert table(page, "days") == [[str(cell) for cell in row] for row in days]
    models = filled.sql("SELECT coalesce(model, 'no model'), count(*), sum(state = 'succeeded'), sum(state = 'failed') "
                        "FROM v_task GROUP BY 1")
    assert sorted(row[:1] + row[2:] for row in table(page, "models")) == sorted([str(cell) for cell in row] for row in models)
    reasons = filled.sql("SELECT fail_reason, count(*) FROM v_task WHERE state = 'failed' GROUP BY 1")
    assert [row[:1] + row[2:] for row in table(page, "failures")] == [[str(cell) for cell in row] for row in reasons]
    customers = filled.sql("SELECT labels ->> 'customer', count(*) FROM v_task WHERE state IN ('succeeded', 'failed') "
                           "AND labels ->> 'customer' <> '' GROUP BY 1")
    shown = {row[0]: int(row[2]) for row in table(page, "label-customer") if row[0] != "none"}
    assert shown == dict(customers) and len(shown) == 3
    (run,) = filled.sql("SELECT run_id, queried, succeeded, failed, videos_downloaded, exit_code FROM v_run")
    (row,) = table(page, "runs")
    assert [row[0], *row[3:7], row[8]] == [str(cell) for cell in run]
    assert table(pages.page("/runs"), "runs")[0][3:] == row[3:] and "tasks.csv" in pages.page("/runs/1")
    filled("forget", "slow")
    time.sleep(0.6)  # what was counted is kept for half a second
    assert number(pages.page("/"), "unfinished") == 0


def test_foreign_text_stays_text(filled, pages):
    for task_id in HOSTILE:
        path = "/task/" + urllib.parse.quote(task_id, safe="")
        page = pages.page(path)
        assert plain(re.search("<h1[^>]*>(.*?)</h1>", page).group(1)) == task_id
        for link in links(page, "answer") + links(page, "video"):
            assert pages.ask(link).status == 200, link
        assert EVIL not in page and html.escape(EVIL) in page
    seen = pages.page("/") + pages.page("/gallery") + pages.page("/gallery?q=" + urllib.parse.quote(EVIL))
    assert EVIL not in seen and "<script>alert" not in seen and html.escape(EVIL) in seen
    for path in set(links(seen, "task")):
        pages.page(path)


def test_a_task_and_its_raw_answer_without_secrets(filled, pages):
    page = pages.page("/task/v00")
    assert 'class="badge succeeded">succeeded</span> <span id="standing"></span>' in page and "customer Lumen &amp; Co" in page
    (snapshot, digest), = filled.sql("SELECT snapshot_id, raw_sha256 FROM v_snapshot WHERE task_id = 'v00'")
    usage = dict(filled.sql("SELECT name, value FROM v_usage WHERE task_id = 'v00'"))
    assert usage and {name: value for name, value in table(page, "usage")} == {n: str(v) for n, v in usage.items()}
    answer = pages.page(f"/answer/{snapshot}/v00")
    assert digest.lower() in answer
    raw = json.loads([line for line in filled("status", "--json", "v00").out.splitlines() if '"snapshot"' in line][0])["answer"]
    filled.output.pop()  # it has the link, as it must
    shown = json.loads(html.unescape(re.search(r'<pre id="answer"[^>]*>(.*?)</pre>', answer, re.S).group(1)))
    assert "Signature=" in raw or "?" in raw
    assert shown.keys() == json.loads(raw).keys() and "Signature=" not in answer and KEY not in answer
    assert pages.ask("/answer/999999/v00").status == pages.ask(f"/answer/{snapshot}/v01").status == 404


def test_links_that_die_next(filled, pages, make_gateway):
    tasks = {f"w{n}": {"vendor": "happyhorse", "video": {"life": 7200 - n}} for n in range(12)}
    gateway = make_gateway(tasks=tasks)
    assert filled.run(gateway, "--no-download", filled.csv(*tasks)).code == 0
    page = pages.page("/")
    soonest = [row[0] for row in filled.sql("SELECT task_id FROM v_video WHERE state = 'wanted' ORDER BY expires_at LIMIT 6")]
    assert [row[0] for row in table(page, "expiring")] == soonest and number(page, "wanted") == 12


def test_the_gallery_has_each_video_once(filled, pages):
    seen, path, sizes = [], "/gallery", []
    while path:
        page = pages.page(path)
        seen += links(page, "task")
        sizes.append(page.count("<video"))
        more = re.search(r'rel="next" href="([^"]*)"', page)
        path = html.unescape(more.group(1)) if more else None
    wanted = ["/task/" + urllib.parse.quote(row[0], safe="") for row in
              filled.sql("SELECT t.task_id FROM video JOIN task AS t ON t.id = task WHERE video.state = 1 ORDER BY task DESC")]
    assert seen == wanted and sizes == [24, 7]

    def found(text):
        return sorted(urllib.parse.unquote(link[6:]) for link in set(links(pages.page("/gallery?q=" + urllib.parse.quote(text)), "task")))
    assert found("V0") == [f"v0{n}" for n in range(10)] and found("nothing has this") == []
    assert len(found("customer Lumen &")) == 24, "as the page shows it"
    assert len(found("lumen & c")) == len(found("FILM-1")) == 24 and found("onerror") == sorted(HOSTILE)
    assert found("slow") == ["slow"], "a task without a video is named"
    for odd in ("after=x-y", "after=-1-2", "after=99999999999999999999-1", "q=%ff%00", "after=5-1&after=3-1", "q=" + "%C3%A4" * 150, "q=a%00b"):
        assert pages.ask("/gallery?" + odd).status == 200, odd


def test_only_recorded_files_are_sent(filled, pages):
    secret = filled.folder / "secret.mp4"
    secret.write_bytes(b"canary-file")
    for path in ("/video/1/../../secret.mp4", "/video/1/..%2f..%2fsecret.mp4", "/video/1//etc/passwd", "/video/1/nobody",
                 "/video/2/v00", "/video/-1/v00", "/video/1/v00%00", "/video/99999999999999999999/v00", "/video/1", "/video/",
                 "/../secret.mp4", "//etc/passwd", "/%2e%2e/secret.mp4", "/style.css/../x", "/task/", "/task/a%0d%0ab", "/runs/0",
                 "/runs/x", "/nothing", "/video/1/v00?account=other"):
        answer = pages.ask(path)
        assert answer.status == 404 and b"canary" not in answer.body and b"root:" not in answer.body, (path, answer)
    path, = [row[0] for row in filled.sql("SELECT path FROM v_video WHERE task_id = 'v00'")]
    assert pages.ask("/video/1/v00").body == open(path, "rb").read()
    os.rename(path, path + ".kept")
    os.symlink(secret, path)
    assert pages.ask("/video/1/v00").status == 404, "not through a link"
    os.unlink(path)
    with open(path, "wb") as changed:
        changed.write(b"canary" * 1000)
    assert pages.ask("/video/1/v00").status == 404, "not of another size"


def test_ranges(filled, pages):
    path, = [row[0] for row in filled.sql("SELECT path FROM v_video WHERE task_id = 'v01'")]
    whole = open(path, "rb").read()
    size = len(whole)
    for asked, begin, end in (("bytes=0-", 0, size), ("bytes=10-19", 10, 20), ("bytes=-7", size - 7, size), ("bytes=5-999999999", 5, size),
                              (f"bytes=-{size * 9}", 0, size), (f"bytes={size - 1}-", size - 1, size)):
        answer = pages.ask("/video/1/v01", Range=asked)
        assert answer.status == 206 and answer.body == whole[begin:end], asked
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{size}" and answer.headers["Content-Type"] == "video/mp4"
    answer = pages.ask("/video/1/v01", Range=f"bytes={size}-")
    assert answer.status == 416 and answer.headers["Content-Range"] == f"bytes */{size}"
    assert answer.text.count("\n") == 1
    for odd in UNREADABLE_RANGES:
        answer = pages.ask("/video/1/v01", Range=odd)
        assert answer.status == 200 and answer.body == whole, odd
        assert pages.ask("/task/v01", Range=odd).status == 200, odd
    head = pages.ask("/video/1/v01", "HEAD")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(size), b"")
    assert pages.page("/task/v01").count("<video") == 1


def test_ranges_are_looked_at_behind_the_gate(filled, pages):
    token = filled.folder / "page-token"
    token.write_text("canary-of-the-pages\n")
    token.chmod(0o600)
    guarded = Pages(filled, "--token-file", token)
    for odd in (*UNREADABLE_RANGES, "bytes=0-1", "bytes=999999-"):
        for path in ("/video/1/v01", "/video/1/nobody", "/"):
            assert pages.ask(path, Range=odd, Host="evil.example").status == 403, (odd, path)
            assert guarded.ask(path, range=odd).status == 401, (odd, path)
    guarded.end()


def test_refusals_of_what_is_not_http_say_so(pages):
    host = b"HTTP/1.1\r\nHost: localhost\r\n"
    for request, status in ((b"BREW / " + host + b"\r\n", 400), (b"GET / " + host + b"X: " + b"y" * 9000 + b"\r\n\r\n", 400),
                            (b"GET /" + b"x" * 9000 + b" " + host + b"\r\n", 414)):
        head, _, body = pages.send(request).partition(b"\r\n\r\n")
        assert b" %d " % status in head.splitlines()[0] and b"Content-Length: %d" % len(body) in head, head
        assert body.endswith(b"\n") and body.count(b"\n") == 1 and len(body) > 20, body


def test_only_this_machine_by_its_own_names(pages):
    for host in ("127.0.0.1", "localhost", "LOCALHOST:1", "[::1]:8090", "127.0.0.1:1"):
        assert pages.ask("/", Host=host).status == 200, host
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:8090", "localhost.evil", "[::2]", "127.0.0.1:x", "10.0.0.1", ""):
        answer = pages.ask("/", Host=host)
        assert answer.status == 403 and b"tasks" not in answer.body, host
    assert b" 403 " in pages.send(b"GET / HTTP/1.1\r\n\r\n")
    assert b" 403 " in pages.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = pages.ask("/", method)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", method
    assert pages.ask("/", "HEAD").body == b"" and b" 400 " in pages.send(b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_a_token_for_others(filled):
    token = filled.folder / "page-token"
    token.write_text("short\n")
    token.chmod(0o600)
    alone = filled("serve", "--listen", "0.0.0.0:0")
    assert alone.code == 2 and "--token-file" in alone.err
    assert "less than 16" in filled("serve", "--token-file", token).err
    token.write_text("canary-of-the-pages\n")
    token.chmod(0o644)
    assert "chmod 600" in filled("serve", "--token-file", token).err
    token.chmod(0o600)
    pages = Pages(filled, "--token-file", token)

    def basic(text):
        return "Basic " + base64.b64encode(text.encode()).decode()
    refused = pages.ask("/")
    assert refused.status == 401 and refused.headers["WWW-Authenticate"].startswith("Basic ") and b"tasks" not in refused.body
    for wrong in (basic("me:wrong"), basic("canary-of-the-pages"), "Bearer canary-of-the-page", "Bearer", "Basic", "Basic ====", "x", ""):
        assert pages.ask("/style.css", Authorization=wrong).status == 401, wrong
    for right in (basic("me:canary-of-the-pages"), basic(":canary-of-the-pages"), "bearer canary-of-the-pages"):
        assert pages.ask("/", Authorization=right, Host="films.example").status == 200, right
    assert pages.ask("/", "POST").status == 401
    pages.end()
    for everywhere in ("0.0.0.0:0", "[::]:0"):
        process = filled.start("serve", "--listen", everywhere, "--token-file", token)
        line = process.stderr.readline().decode()
        assert re.search(rf"at http://{re.escape(socket.gethostname())}:[0-9]+/ and at each other name or address of this machine", line), line
        process.send_signal(signal.SIGTERM)
        assert filled.finish(process).code == 0
    assert "canary-of" not in filled.output[-1].err


def test_usage_errors(filled, pages):
    taken = filled("serve", "--listen", f"127.0.0.1:{pages.port}")
    assert taken.code == 2 and "another program does" in taken.err and len(taken.err.splitlines()) == 1
    for odd in ("8090", "here:80", "127.0.0.1:99999", "127.0.0.1", "[::1", "[::1]8090", "1.2.3:80", ":80"):
        result = filled("serve", "--listen", odd)
        assert result.code == 2 and "not an IP address and a port" in result.err, odd
    token = filled.folder / "page-token"
    token.write_text("canary-of-the-pages\n")
    token.chmod(0o600)
    assert "does not have that address" in filled("serve", "--listen", "192.0.2.1:0", "--token-file", token).err
    assert "cannot be opened" in filled("serve", "--token-file", "none").err
    unpriced = filled("serve", "--listen", "127.0.0.1:0", "--prices", "none.csv")
    assert unpriced.code == 2 and "none.csv" in unpriced.err, "told now, and not on each page of a task"
    assert filled("serve", "--db", filled.folder / "none.db").code == 10
    assert filled("serve", "x").code == 2


def test_slow_and_greedy_clients(pages):
    """Half of the threads are held by clients that send nothing, or one byte now and then; all are let go."""
    idle = [socket.create_connection(("127.0.0.1", pages.port)) for _ in range(23)]
    idle[0].sendall(b"GET / HTTP/1.1\r\n")
    assert pages.ask("/").status == 200
    assert b" 200 " not in pages.send(b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    flood = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(9000)) + b"\r\n"
    try:
        assert b" 200 " not in pages.send(flood)
    except ConnectionError:
        pass
    began = time.monotonic()
    try:
        while time.monotonic() - began < 60:
            idle[0].sendall(b"a")
            time.sleep(0.2)
            idle[0].settimeout(0.01)
            try:
                if not idle[0].recv(1000).startswith(b"HTTP"):
                    break
            except TimeoutError:
                pass
        else:
            raise AssertionError("a client that sends a byte at a time is never let go")
    except ConnectionError:
        pass
    for one in idle:
        one.close()
    assert pages.ask("/").status == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once(filled, how):
    pages = Pages(filled)
    held = socket.create_connection(("127.0.0.1", pages.port))
    held.sendall(b"GET /video/1/v00 HTTP/1.1\r\nHost: localhost\r\n")  # never ends
    assert pages.ask("/").status == 200
    assert pages.end(how) < 60
    held.close()


def test_while_a_run_is_at_work(filled, pages, make_gateway):
    gateway = make_gateway(tasks={"x": {"polls": ["IN_PROGRESS"] * 2 + ["success"], "vendor": "happyhorse", "video": {"size": 5000}}})
    run = filled.start("run", *filled.flags(gateway), "--wait", "--poll-interval", "1s", filled.csv("x"))
    seen = []
    while run.poll() is None:
        page = pages.page("/")
        if "A run is at work" in page:
            seen.append((number(page, "unfinished"), number(page, "done")))
        time.sleep(0.2)
    assert filled.finish(run).code == 0 and (2, 31) in seen
    time.sleep(0.6)
    page = pages.page("/")
    assert "No run is at work" in page and number(page, "done") == 32


def test_a_ledger_that_is_replaced(filled, pages):
    kept = filled.folder / "kept.db"
    assert filled("db", "backup", kept).code == 0
    for suffix in ("", "-wal", "-shm"):
        filled.ledger.with_name(filled.ledger.name + suffix).unlink(missing_ok=True)
    assert pages.ask("/runs").status == 503 and "no ledger" in pages.ask("/runs").text.lower()
    filled.ledger.write_text("this is none\n" * 100)
    assert pages.ask("/task/v00").status == 503
    os.replace(kept, filled.ledger)
    assert "Lumen" in pages.page("/task/v00")
    with sqlite3.connect(filled.ledger, isolation_level=None) as other:
        other.execute("PRAGMA journal_mode = WAL")  # as a run leaves it
        other.execute("BEGIN EXCLUSIVE")
        assert pages.ask("/task/v00").status == 200
        other.execute("ROLLBACK")
    assert pages.ask("/task/v00").status == 200


def test_nothing_is_written(filled, pages):
    def listing():
        return {str(p): p.read_bytes() for p in filled.folder.rglob("*") if p.is_file() and not p.name.endswith("-shm")}
    before = listing()
    for path in ("/", "/runs", "/runs/1", "/gallery", "/task/v00", "/task/bad", "/video/1/v00", "/style.css", "/live.js", "/icon.svg"):
        assert pages.ask(path).status == 200
    pages.end()
    assert listing() == before
