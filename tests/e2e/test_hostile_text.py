"""Whatever a gateway or an input contains, the output is harmless and has no secret (threats d2 and f)."""
import http.server
import json
import pathlib
import threading
import urllib.parse

import pytest

from conftest import ROOT

KEY = "echoed-4b1d9e7f-key"  # this gateway says it aloud; nothing in it tells that it is one
OTHER_KEY = "sk-4b1d9e7f00000000"  # of somebody else
CODES = [*range(1, 32), *range(0x7F, 0xA0), 0xAD, 0x200B, 0x2028, 0x202A, 0x202E, 0x2066, 0xFEFF, 0xE0041]
SIGNED = "https://s.example/v.mp4?X-Amz-Signature=51ecae7&Expires=1"
TEXTS = ["\x1b[31m", f"{KEY} {SIGNED}", *("".join(map(chr, CODES[at:at + 12])) for at in range(0, len(CODES), 12))]
BYTES = bytes(range(256))
VIDEO = (ROOT / "tests/data/tiny.mp4").read_bytes()


class HostileGateway(http.server.BaseHTTPRequestHandler):
    """Task `KIND-N` gets an answer of that kind with TEXTS[N] in each of its texts; a name holds no link."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind, _, number = urllib.parse.unquote(self.path.partition("?")[0].rsplit("/", 1)[1]).partition("-")
        text = TEXTS[int(number) if number.isdigit() else 0]
        answer = self.storage(kind, text) if self.path.startswith("/video/") else self.query(kind, number, text)
        status, body = answer
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.wfile.write(b"HTTP/1.1 %d \x1b[31m\xff\r\nX: \x1b[31m\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    def query(self, kind, number, text):
        if kind == "error":
            return 400, {"code": text, "message": text, "data": None}
        if kind == "bytes":
            return 500, text.encode() + BYTES
        link = f"http://{self.headers['Host']}/video/{kind}-{number}?Signature=51ecae7&Expires=9999999999"
        status = {"failed": "FAILURE", "strange": text}.get(kind, "SUCCESS")
        name = KEY if KEY in text else text
        usage = {name: 5, "duration": 5, "total_tokens": 7}
        return 200, {"code": "success", "message": text, "data": {
            "task_id": f"{kind}-{number}" if kind != "another" else text, "status": status, "progress": text, "action": f"{name}/{OTHER_KEY}" if KEY in text else name,
            "fail_reason": text, "submit_time": 1750000000, "finish_time": 1750000060, "result_url": {"link": text}.get(kind, link),
            "data": {"model": name, "usage": usage, "error": {"message": text, "code": text}}}}

    def storage(self, kind, text):
        return (500, text.encode() + BYTES) if kind == "refused" else (200, VIDEO)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def base():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), HostileGateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def rows():
    kinds = ["done", "failed", "strange", "another", "link", "refused", "error"]
    lines = [b"bytes-0,\n", b"bytes-1,\n"]
    lines += [f"{kind}-{number},\x1b[31m".encode() + b"\x9b\xff\n" for kind in kinds for number in range(len(TEXTS))]
    lines += [b"done-" + bytes([byte]) + b"x,\n" for byte in range(256) if byte not in b'\n\r",']
    return b"task_id,customer \x1b[31m\xe2\x80\xae\n" + b"".join(lines)


def is_harmless(text):
    return all(ord(char) not in CODES or char == "\n" for char in text) and "\x00" not in text


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_harmful_and_no_secret(reeltally, base, log_format):
    folder = reeltally.folder
    (folder / "tasks.csv").write_bytes(rows())
    hook = folder / "hook"
    hook.write_text("#!/bin/sh\nprintf '\\033[31m\\233' >&2\nexit 3\n")
    hook.chmod(0o755)
    flags = ["--base-url", base, "--allow-http", "--allow-private-hosts", "--min-free", "0", "--retries", "0"]
    result = reeltally("run", "-vv", "--log-format", log_format, *flags, "--failed-out", "failed.csv", "--status-file", "s.json",
                       "--metrics-file", "m.prom", "--ping-url", f"{base}/video/done-0?uuid-51ecae7", "--exec", hook, "--sidecar",
                       "tasks.csv", env={"ANYFAST_API_KEY": KEY})
    assert result.code == 3 and result.err.count("rejected:") >= 60 and "hook" in result.err, result
    ids = [f"{kind}-{number}" for kind in ("done", "failed", "strange", "refused") for number in range(len(TEXTS))]
    printed = [result, reeltally("status"), reeltally("status", *ids), reeltally("verify"), reeltally("db", "check"),
               reeltally("doctor", *flags[:2]), reeltally("report", "--period", "2025", "--format", "html", "-o", "r.html"),
               reeltally("report", "--period", "2025", "--format", "csv", "-o", "r.csv")]
    assert printed[4].code == 0, "the answers are kept as they came, and what was taken from them follows"
    assert reeltally("close", "2025", "--force").code == 0 and reeltally("db", "check").code == 0, "in frozen lines too"
    if log_format == "json":
        always, sometimes = {"time", "level", "message"}, {"kind", "task", "account", "video", "http_status", "count"}
        assert all(always <= set(json.loads(line)) <= always | sometimes for line in result.err.splitlines())
    written = [path for path in folder.rglob("*") if path.suffix in (".csv", ".json", ".prom", ".html") and path.name != "tasks.csv"]
    assert {path.name for path in written} >= {"failed.csv", "s.json", "m.prom", "r.html", "done-0.mp4.json"}
    for text in [said for one in printed for said in (one.out, one.err)] + [path.read_text() for path in written]:
        assert KEY not in text and OTHER_KEY not in text and "51ecae7" not in text, text
    for text in [said for one in printed for said in (one.out, one.err)] + [pathlib.Path(folder / "failed.csv").read_text()]:
        assert is_harmless(text), sorted({hex(ord(char)) for char in text if not is_harmless(char)})
