"""Faults of HTTP/2 itself (design.md H13): a server that breaks streams and connections on purpose."""
import json
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import pytest

from certificates import make_certificates

REFUSED_STREAM = 7
INTERNAL_ERROR = 2


def answer(task_id):
    return json.dumps({"code": "success", "data": {"task_id": task_id, "status": "FAILURE", "progress": "100%",
                                                   "fail_reason": "e", "finish_time": 1780284918}}).encode()


class FaultyServer:
    """Answers each query, but the first one about each task with the fault in its ID (`rst-1`: with RST_STREAM)."""

    def __init__(self, folder):
        make_certificates(folder, "IP:127.0.0.1")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.context.set_alpn_protocols(["h2"])
        self.ca = folder / "ca.pem"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked = []
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as tls:
                self.speak(tls, h2.connection.H2Connection(h2.config.H2Configuration(client_side=False)))
        except OSError:
            pass  # the client went away

    def speak(self, tls, http):
        http.initiate_connection()
        tls.sendall(http.data_to_send())
        while data := tls.recv(65536):
            for event in http.receive_data(data):
                if isinstance(event, h2.events.RequestReceived) and not self.respond(tls, http, event):
                    return
            tls.sendall(http.data_to_send())

    def respond(self, tls, http, event):
        """False when the connection is over."""
        task_id = dict(event.headers)[b":path"].decode().rsplit("/", 1)[1]
        fault = task_id.split("-")[0] if task_id not in self.asked else "none"
        self.asked.append(task_id)
        body = answer(task_id)
        stream = event.stream_id
        if fault == "rst":
            http.reset_stream(stream, INTERNAL_ERROR)
        elif fault == "refused":
            http.reset_stream(stream, REFUSED_STREAM)
        elif fault == "goaway":
            http.close_connection(last_stream_id=stream - 2 if stream > 2 else 0)
            tls.sendall(http.data_to_send())
            return False
        elif fault == "eof":
            http.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
            tls.sendall(http.data_to_send())
            return False
        else:
            length = len(body) + (10 if fault == "short" else 0)
            http.send_headers(stream, [(":status", "200"), ("content-type", "application/json"),
                                       ("content-length", str(length))])
            http.send_data(stream, body, end_stream=True)
        return True

    def close(self):
        self.listener.close()


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "h2"
    folder.mkdir()
    one = FaultyServer(folder)
    yield one
    one.close()


@pytest.mark.parametrize("fault", ["none", "rst", "refused", "goaway", "short", "eof"])
def test_a_broken_stream_is_queried_again(reeltally, server, fault):
    ids = [f"{fault}-{n}" for n in range(3)]
    result = reeltally("run", "--base-url", server.base, "--ca-file", server.ca, "--min-free", "0", "--json", "--timeout",
                       "5s", reeltally.csv(*ids))
    assert result.code == 0, result
    assert reeltally.states() == {task: "failed" for task in ids}
    snapshots = reeltally.sql("SELECT task_id, count(*) FROM v_snapshot GROUP BY 1")
    assert dict(snapshots) == {task: 1 for task in ids}, "a broken stream is no answer"
    assert all(2 <= server.asked.count(task) <= 3 for task in ids) or fault == "none", server.asked


def test_neighbours_of_a_broken_stream_are_not_harmed(reeltally, server):
    ids = [f"{fault}-{n}" for n in range(20) for fault in ("none", "rst", "refused", "short")]
    result = reeltally("run", "--base-url", server.base, "--ca-file", server.ca, "--min-free", "0", "--json",
                       "--concurrency", "16", reeltally.csv(*ids))
    assert result.code == 0, result
    assert set(reeltally.states().values()) == {"failed"} and len(reeltally.states()) == len(ids)
    assert all(server.asked.count(task) == 1 for task in ids if task.startswith("none"))
