"""Proxies of --proxy and the environment: which requests use them, and what is still checked."""
import socket
import threading

import pytest


class Proxy:
    """An HTTP proxy on loopback: records its requests, and connects to `target` whatever the name is."""

    def __init__(self, target):
        self.target, self.asked = target, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:secret-4c1@127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        self.asked.append(head.split(b"\r\n")[0].decode())
        assert b"Proxy-Authorization: Basic " in head
        upstream = socket.create_connection(("127.0.0.1", self.target))
        if head.startswith(b"CONNECT "):
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:  # an absolute request target, which the test gateway does not know
            line, rest = head.split(b"\r\n", 1)
            method, target, version = line.split(b" ")
            upstream.sendall(method + b" /" + target.split(b"/", 3)[3] + b" " + version + b"\r\nConnection: close\r\n" + rest)
        back = threading.Thread(target=self.copy, args=(upstream, client), daemon=True)
        back.start()
        self.copy(client, upstream)
        back.join()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.socket.close()


@pytest.fixture
def make_proxy():
    proxies = []

    def make(target):
        proxies.append(Proxy(target))
        return proxies[-1]
    yield make
    for proxy in proxies:
        proxy.close()


BASE = "http://gateway.invalid:8080"  # a name that resolves nowhere: the proxy alone knows it
FLAGS = ["--base-url", BASE, "--allow-http", "--min-free", "0", "--retries", "0", "--json"]


@pytest.mark.parametrize("how", ["option", "http_proxy", "ALL_PROXY"])
def test_queries_go_through_the_proxy(reeltally, make_gateway, make_proxy, how):
    gateway = make_gateway(default={"polls": ["failure"]})
    proxy = make_proxy(gateway.port)
    given = (["--proxy", proxy.url], {}) if how == "option" else ([], {how: proxy.url})
    result = reeltally("run", *FLAGS, *given[0], reeltally.csv("a", "b"), env=given[1])
    assert result.code == 0 and result.summary["failed"] == 2, result
    assert proxy.asked and all(BASE in line for line in proxy.asked), proxy.asked
    assert "secret-4c1" not in result.out + result.err


def test_no_proxy_connects_directly(reeltally, make_gateway, make_proxy):
    gateway = make_gateway(default={"polls": ["failure"]})
    proxy = make_proxy(gateway.port)
    result = reeltally("run", "--base-url", gateway.base, "--min-free", "0", "--json", reeltally.csv("a"),
                       env={"http_proxy": proxy.url, "NO_PROXY": "localhost,127.0.0.0/8"})
    assert result.code == 0 and gateway.queries("a") and not proxy.asked, result


def test_a_videos_host_is_looked_up_here_too(reeltally, make_gateway, make_proxy):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 3000}})
    proxy = make_proxy(gateway.port)  # of the gateway: what leads to the videos' store must not come here
    result = reeltally("run", *FLAGS, "--proxy", proxy.url, reeltally.csv("a"))
    assert result.code == 3 and "the link is refused: its host leads to a loopback" in result.err, result
    assert all(BASE in line for line in proxy.asked) and not gateway.fetches(), proxy.asked


def test_a_video_comes_through_the_proxy(reeltally, make_gateway, make_proxy):
    gateway = make_gateway(default={"vendor": "happyhorse", "video": {"size": 3000}})
    queries, videos = make_proxy(gateway.port), make_proxy(gateway.storage_port)
    first = reeltally("run", *FLAGS, "--no-download", "--proxy", queries.url, reeltally.csv("a"))
    assert first.code == 0, first
    result = reeltally("run", *FLAGS, "--allow-private-hosts", "--pending", "--proxy", videos.url)
    assert result.code == 0 and result.summary["videos_downloaded"] == 1, result
    assert len(videos.asked) == 1 and "/v1/" not in videos.asked[0], videos.asked


def test_config_and_doctor_show_it_without_its_password(reeltally, make_gateway, make_proxy):
    gateway = make_gateway(default={"polls": ["failure"]})
    proxy = make_proxy(gateway.port)
    shown = proxy.url.replace("user:secret-4c1@", "")
    for result in (reeltally("doctor", "--base-url", BASE, "--allow-http", "--output", reeltally.folder,
                             env={"ALL_PROXY": proxy.url}),
                   reeltally("config", env={"ALL_PROXY": proxy.url}),
                   reeltally("config", env={"REELTALLY_PROXY": proxy.url})):
        assert shown in result.out and "secret-4c1" not in result.out + result.err, result


@pytest.mark.parametrize("proxy, why", [
    ("http://proxy.invalid:3128", "would see the key"), ("ftp://user:secret-4c1@proxy.invalid", "is not a proxy")])
def test_a_proxy_that_cannot_be_used_is_wrong_usage(reeltally, make_gateway, proxy, why):
    gateway = make_gateway(default={"polls": ["failure"]})
    result = reeltally("run", "--base-url", gateway.base, "--proxy", proxy, reeltally.csv("a"))
    assert result.code == 2 and why in result.err and "secret-4c1" not in result.err, result
    assert not gateway.queries()
