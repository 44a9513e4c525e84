"""Answers of the largest size, many at once: they share the room for bodies in flight."""
import gzip
import json
import socket
import subprocess
import threading
import time

import pytest

from conftest import BINARY, PATIENCE

TASKS = 32
MIB = 1 << 20


def answer(task_id, packed):
    body = json.dumps({"code": "success", "data": {"task_id": task_id, "status": "FAILURE", "finish_time": 1780284918,
                                                   "data": {"pad": "PAD"}}}).encode()
    body = body.replace(b"PAD", b"x" * (8 * MIB - len(body)))
    packing = b""
    if packed:
        body, packing = gzip.compress(body, 1), b"Content-Encoding: gzip\r\n"
    return b"HTTP/1.1 200 OK\r\n" + packing + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture(params=["plain", "gzip"])
def server(request):
    listener = socket.create_server(("127.0.0.1", 0))
    answers = {f"t{i}": answer(f"t{i}", request.param == "gzip") for i in range(TASKS)}

    def serve(connection):
        try:
            while head := connection.recv(65536):  # a query fits into one packet
                connection.sendall(answers[head.split(b" ")[1].decode().rsplit("/", 1)[1]])
        except OSError:
            pass  # the client went away

    def accept():
        try:
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            pass
    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def peak_mib(process):
    """Only of the process: the value of wait4 includes the memory from before the fork."""
    peak, end = 0, time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            peak = max([peak] + [int(line.split()[1]) for line in status if line.startswith("VmHWM")])
        time.sleep(0.01)
    return peak / 1024


def test_many_large_answers_at_once_stay_within_their_room(reeltally, server):
    if b"libasan" in subprocess.run(["ldd", BINARY], stdout=subprocess.PIPE).stdout:
        pytest.skip("the address sanitizer has an allocator of its own")
    ids = [f"t{i}" for i in range(TASKS)]
    process = reeltally.start("run", "--base-url", server, "--json", "--retries", 0, "--concurrency", TASKS,
                              reeltally.csv(*ids))
    peak = peak_mib(process)
    result = reeltally.finish(process)
    assert result.code == 0 and result.summary["failed"] == TASKS and result.summary["errors"] == {}, result
    assert reeltally.sql("SELECT count(*), min(raw_bytes) FROM v_snapshot") == [(TASKS, 8 * MIB - 3)]
    assert peak < 96, f"{peak:.0f} MiB for {TASKS} answers of 8 MiB at once"
