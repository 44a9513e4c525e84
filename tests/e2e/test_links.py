"""Links of videos as gateways and vendors give them: several, shifted, hidden, dead, or none at all."""
import http.server
import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support/gateway"))
from gateway import video  # noqa: E402

from conftest import KEY  # noqa: E402

QUERY = "/v1/video/generations/"


class Server:
    """Sends scripted answers: `answers` by task ID, `files` by path; `log` has (path, key) of each request."""

    def __init__(self, host):
        self.answers, self.files, self.log = {}, {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.log.append((self.path, self.headers.get("Authorization")))
                at = self.path.find(QUERY)
                if at >= 0:
                    task = outer.answers[urllib.parse.unquote(self.path[at + len(QUERY):])]
                    return self.reply(200, "application/json", json.dumps({"code": "success", "data": task}).encode())
                status, kind, body = outer.files.get(self.path, (404, "text/plain", b"no such file"))
                self.reply(status, kind, body)

            def reply(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base = f"http://{host}:{self.server.server_address[1]}"

    def file(self, path, body=None, status=200, kind="video/mp4"):
        self.files[path] = (status, kind, video(path, 3000)[0] if body is None else body)

    def asked(self, path):
        return [key for asked, key in self.log if asked == path]


@pytest.fixture
def servers():
    made = [Server("127.0.0.1"), Server("127.0.0.2")]
    yield made
    for one in made:
        one.server.shutdown()
        one.server.server_close()


def success(task_id, **more):
    end = int(time.time()) - 3600
    return {"task_id": task_id, "status": "SUCCESS", "fail_reason": "", "submit_time": end - 90, "start_time": end - 80,
            "finish_time": end, "progress": "100%", **more}


def run(reeltally, gateway, *arguments, base="", **more):
    return reeltally("run", "--base-url", gateway.base + base, "--allow-http", "--allow-private-hosts", "--min-free", "0",
                     "--retries", "0", "--json", *arguments, **more)


def states(reeltally):
    return reeltally.sql("SELECT task_id, video_index, state FROM v_video ORDER BY 1, 2")


@pytest.mark.parametrize("base", ["", "/api/proxy"])
def test_the_content_endpoint_is_called_at_the_base_url_whatever_host_the_link_names(reeltally, servers, base):
    gateway, foreign = servers
    for name, link in (("a:1", "/v1/videos/a:1/content"), ("b", "/v1/videos/%62/content?index=1")):
        gateway.answers[name] = success(name, result_url=foreign.base + link)
    gateway.file(base + "/v1/videos/a%3A1/content")
    gateway.file(base + "/v1/videos/b/content?index=1")
    result = run(reeltally, gateway, reeltally.csv("a:1", "b"), base=base)
    assert result.code == 0 and states(reeltally) == [("a:1", 1, "done"), ("b", 1, "done")], result
    assert gateway.asked(base + "/v1/videos/b/content?index=1") == [f"Bearer {KEY}"]
    assert foreign.log == []


# captures of a stock gateway: content/ and gateway.md, G7
OWN_ERRORS = [(404, "Task not found"), (500, "Failed to retrieve channel information"),
              (502, "Upstream service returned status 401"), (400, "Task is not completed yet, current status: FAILURE")]


@pytest.mark.parametrize("status,message", OWN_ERRORS)
def test_the_gateways_own_error_ends_a_video_after_two_runs(reeltally, servers, status, message):
    gateway, foreign = servers
    path = "/v1/videos/a/content"
    gateway.answers["a"] = success("a", result_url=foreign.base + path)
    gateway.file(path, json.dumps({"error": {"message": message, "type": "server_error"}}).encode(), status,
                 "application/json; charset=utf-8")
    assert run(reeltally, gateway, reeltally.csv("a")).code == 3
    assert states(reeltally) == [("a", 1, "wanted")]
    result = run(reeltally, gateway, "--pending")
    assert result.code == 3 and message in result.err and result.summary["videos_failed"] == 1, result
    assert states(reeltally) == [("a", 1, "failed")]
    assert run(reeltally, gateway, "--pending").code == 0
    assert len(gateway.asked(path)) == 2


def test_a_page_of_a_proxy_ends_nothing(reeltally, servers):
    gateway, _ = servers
    gateway.answers["a"] = success("a", result_url="/v1/videos/a/content")
    gateway.file("/v1/videos/a/content", b"<html>Bad Gateway</html>", 502, "text/html")
    for _ in range(3):
        assert run(reeltally, gateway, reeltally.csv("a"), "--pending").code == 3
    gateway.file("/v1/videos/a/content")
    assert run(reeltally, gateway, "--pending").code == 0 and states(reeltally) == [("a", 1, "done")]


@pytest.mark.parametrize("body,kind,runs", [(b"\x89PNG\r\n\x1a\n" + bytes(90), "PNG picture", 1),
                                            (b"FLV\x01" + b"x" * 90, "Flash video", 1),
                                            (b"<!doctype html><html>login</html>", "HTML page", 2)])
def test_a_file_that_is_not_a_video_fails_with_its_kind_and_is_not_downloaded_in_every_run(reeltally, servers, body, kind, runs):
    gateway, store = servers
    gateway.answers["a"] = success("a", result_url=store.base + "/v")
    store.file("/v", body)
    for _ in range(4):
        run(reeltally, gateway, reeltally.csv("a"), "--pending")
    assert states(reeltally) == [("a", 1, "failed")] and len(store.asked("/v")) == runs
    assert kind in reeltally.sql("SELECT last_error FROM v_video")[0][0]


def test_after_a_dead_link_the_next_one_of_the_answer_is_tried(reeltally, servers):
    gateway, store = servers
    gateway.answers["a"] = success("a", result_url=store.base + "/copy", data={"output": {"video_url": store.base + "/own"}})
    gateway.answers["b"] = success("b", result_url=store.base + "/copy2", fail_reason=store.base + "/old",
                                   data={"output": {"video_url": "http://127.0.0.9:1/own"}})
    store.file("/copy")
    store.file("/own", b"<Error/>", 403, "application/xml")
    store.file("/copy2", b"gone", 410)
    store.file("/old")
    result = run(reeltally, gateway, reeltally.csv("a", "b"))
    assert result.code == 0 and reeltally.files() == ["a.mp4", "b.mp4"], result
    assert [path for path, _ in store.log if "a" not in path[:0]].count("/own") == 1


def test_a_video_that_no_link_leads_to_is_named_counted_and_exit_3(reeltally, servers):
    gateway, store = servers
    gateway.answers["a"] = success("a", result_url=store.base + "/1", data={
        "videos": [{"url": store.base + "/1"}, {"url": "gs://bucket/2"}], "usage": {"video_count": 3}})
    store.file("/1")
    result = run(reeltally, gateway, reeltally.csv("a"))
    assert result.code == 3 and result.summary["videos_failed"] == 2 and reeltally.files() == ["a.mp4"], result
    assert re.search(r"not fetched: a: the answer counts 2 more .*its scheme is gs", result.err), result
    assert run(reeltally, gateway, reeltally.csv("a")).code == 0


def test_a_link_that_holds_the_key_stops_only_its_own_video(reeltally, servers):
    gateway, store = servers
    reeltally.check_ledger = True
    long = store.base + "/" + KEY * 500 + ".mp4"  # shorter than a link may be only while the key is masked
    gateway.answers["p"] = success("p", result_url=store.base + "/1", data={
        "task_result": {"videos": [{"url": store.base + "/1"}, {"url": long}]}})
    gateway.answers["q"] = success("q", result_url=store.base + "/2")
    store.file("/1")
    store.file("/2")
    result = run(reeltally, gateway, reeltally.csv("p", "q"))
    assert result.code == 3 and reeltally.files() == ["p.mp4", "q.mp4"], result
    assert "longer than 8192 bytes" in result.err


def test_requeue_retries_failed_videos_and_those_with_an_assumed_expiry(reeltally, servers):
    gateway, store = servers
    gateway.answers["a"] = success("a", result_url=store.base + "/v")
    store.file("/v", b"\x89PNG\r\n\x1a\n" + bytes(90))
    assert run(reeltally, gateway, reeltally.csv("a")).code == 3 and states(reeltally) == [("a", 1, "failed")]
    result = reeltally("verify", "--requeue")
    assert result.code == 0 and "1 video that was given up will be tried again" in result.err, result
    store.file("/v")
    assert run(reeltally, gateway, "--pending").code == 0 and reeltally.files() == ["a.mp4"]
