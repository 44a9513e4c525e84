"""Unrequested answers on HTTP/1.1 connections that are kept alive (plain and TLS)."""
import json
import socket
import ssl
import threading
import time

import pytest

from certificates import make_certificates


def http(status, body, kind="application/json", chunked=False):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n"
    if chunked:
        return f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def video(seed):
    return b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + (4000).to_bytes(4, "big") + b"mdat" + seed * 3992 + \
        b"\0\0\0\x6cmoov" + b"\0" * 100


class Server:
    """Answers each request with the bytes of `answer(path)`: pieces, and pauses between them."""

    def __init__(self, answer, context=None):
        self.answer, self.context = answer, context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.requests = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            for number in range(1000):
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (data := connection.recv(65536)):
                        return
                    head += data
                path = head.split(b" ")[1].decode()
                self.requests.append(path)
                for piece in self.answer(path, number):
                    if isinstance(piece, float):
                        time.sleep(piece)
                    else:
                        connection.sendall(piece)
        except OSError:
            pass  # the client went away


@pytest.fixture(params=["plain", "tls"])
def serve(request, tmp_path):
    context = None
    if request.param == "tls":
        make_certificates(tmp_path, "IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    servers = []

    def start(answer):
        servers.append(Server(answer, context))
        servers[-1].base = f"http{'s' if context else ''}://127.0.0.1:{servers[-1].port}"
        servers[-1].flags = ["--ca-file", tmp_path / "ca.pem"] if context else []
        return servers[-1]
    yield start
    for server in servers:
        server.listener.close()


def task(path, link):
    return json.dumps({"code": "success", "data": {
        "task_id": path.rsplit("/", 1)[-1], "status": "SUCCESS", "finish_time": 1780284918, "result_url": link}}).encode()


def run(reeltally, server, *more, ids):
    return reeltally("run", "--base-url", server.base, "--allow-http", "--allow-private-hosts", "--min-free", "0",
                     "--json", "--concurrency", 1, "--download-concurrency", 1, "--retries", 0, *server.flags, *more,
                     reeltally.csv(*ids))


STRAYS = {"failure": http(200, b'{"code":"success","data":{"status":"FAILURE","fail_reason":"of another"}}'),
          "401": http(401, b'{"error":{"message":"bad key"}}'),
          "408": http(408, b"")}


@pytest.mark.parametrize("stray", STRAYS)
@pytest.mark.parametrize("how", ["at once", "chunked", "body first", "later", "before the answer"])
def test_an_unrequested_answer_is_ignored(reeltally, serve, stray, how):
    def answer(path, number):
        right = http(200, task(path, "https://127.0.0.1:1/v.mp4"), chunked=how == "chunked")
        head, body = right.split(b"\r\n\r\n", 1)
        return {"at once": [right + STRAYS[stray]],
                "chunked": [right + STRAYS[stray]],
                "body first": [head + b"\r\n\r\n", 0.02, body + STRAYS[stray]],
                "later": [right, 0.02, STRAYS[stray]],
                # Sent once the next request is there: only its place would make it that one's answer.
                "before the answer": [(STRAYS[stray] if number else b"") + right]}[how]
    server = serve(answer)
    ids = [f"t{i}" for i in range(4)]
    result = run(reeltally, server, "--no-download", "--rate", 20, "--retries", 1, ids=ids)
    assert result.code == 0, result
    assert reeltally.states() == {one: "succeeded" for one in ids}
    assert reeltally.sql("SELECT DISTINCT http_status FROM v_snapshot") == [(200,)]


@pytest.mark.parametrize("how", ["at once", "body first", "later"])
def test_an_unrequested_video_is_not_published(reeltally, serve, how):
    def answer(path, number):
        if not path.endswith(".mp4"):
            return [http(200, task(path, f"{server.base}/{path[-1]}.mp4"))]
        right = http(200, video(path[-5].encode()), "video/mp4")
        head, body = right.split(b"\r\n\r\n", 1)
        stray = http(200, video(b"?"), "video/mp4")
        return {"at once": [right + stray], "body first": [head + b"\r\n\r\n", 0.02, body + stray],
                "later": [right, 0.02, stray]}[how]
    server = serve(answer)
    ids = [f"t{i}" for i in range(4)]
    # Answers share a transaction for up to 100 ms: their videos must not be asked for together, before a stray one is here.
    result = run(reeltally, server, "--rate", 3, ids=ids)
    assert result.code == 0, result
    for one in ids:
        assert (reeltally.videos / f"{one}.mp4").read_bytes() == video(one[-1].encode())
