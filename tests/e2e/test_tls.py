"""TLS and HTTP/2 through a real nginx with a throw-away CA."""
import json

import pytest

from certificates import make_certificates
from nginx import Nginx


class Tls(Nginx):
    def __init__(self, folder, upstream, name="IP:127.0.0.1"):
        make_certificates(folder, name)
        super().__init__(folder, f"access_log {folder}/access.log j; ssl_certificate {folder}/server.pem; "
                         f"ssl_certificate_key {folder}/server.key; "
                         f"location / {{ proxy_pass http://127.0.0.1:{upstream}; }}", listen="ssl http2")
        self.folder = folder
        self.base = f"https://127.0.0.1:{self.port}"
        self.ca = folder / "ca.pem"

    def log(self):
        return [json.loads(line) for line in (self.folder / "access.log").read_text().splitlines()]


@pytest.fixture
def make_tls(tmp_path):
    servers = []

    def make(gateway, **more):
        folder = tmp_path / f"tls{len(servers)}"
        folder.mkdir()
        servers.append(Tls(folder, gateway.port, **more))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


def flags(tls, *more):
    return ["--base-url", tls.base, "--allow-http", "--allow-private-hosts", "--min-free", "0", "--json", *map(str, more)]


def test_queries_go_over_http2_on_few_connections(reeltally, make_gateway, make_tls):
    gateway = make_gateway(default={"polls": ["failure"]})
    tls = make_tls(gateway)
    result = reeltally("run", *flags(tls, "--ca-file", tls.ca, "--concurrency", 16),
                       reeltally.csv(*(f"t{i}" for i in range(300))))
    assert result.code == 0 and result.summary["failed"] == 300, result
    log = tls.log()
    assert len(log) == 300 and {line["protocol"] for line in log} == {"HTTP/2.0"}
    assert len({line["connection"] for line in log}) <= 16


def test_ssl_cert_file_is_honoured(reeltally, make_gateway, make_tls):
    gateway = make_gateway(default={"polls": ["failure"]})
    tls = make_tls(gateway)
    result = reeltally("run", *flags(tls), reeltally.csv("a"), env={"SSL_CERT_FILE": str(tls.ca)})
    assert result.code == 0, result


def test_an_unknown_ca_is_never_accepted(reeltally, make_gateway, make_tls):
    gateway = make_gateway(default={"polls": ["failure"]})
    tls = make_tls(gateway)
    result = reeltally("run", *flags(tls, "--retries", 0), reeltally.csv("a"))
    assert result.code == 3 and result.summary["errors"] == {"tls": 1} and "clock" in result.err
    assert not gateway.queries()


def test_a_wrong_host_name_is_never_accepted(reeltally, make_gateway, make_tls):
    gateway = make_gateway(default={"polls": ["failure"]})
    tls = make_tls(gateway, name="DNS:elsewhere.example")
    result = reeltally("run", *flags(tls, "--retries", 0, "--ca-file", tls.ca), reeltally.csv("a"))
    assert result.code == 3 and result.summary["errors"] == {"tls": 1}
    assert not gateway.queries()


def test_the_key_stays_with_https(reeltally, make_gateway, make_tls):
    gateway = make_gateway(default={"vendor": "sora", "content": "redirect"})
    tls = make_tls(gateway)
    result = reeltally("run", *flags(tls, "--retries", 0, "--ca-file", tls.ca), reeltally.csv("a"))
    # The link names the gateway's plain http port: it is asked at the base URL, and what the answer leads to, plain
    # http as it is, not at all.
    assert result.code == 3, result
    contents = [r for r in gateway.log(event="request") if r["path"].endswith("/content")]
    assert contents and len(contents) == len([line for line in tls.log() if line["path"].endswith("/content")])
    assert not gateway.fetches()


@pytest.mark.parametrize("name, why", [("none.pem", "No such file"), ("folder", "folder"), ("empty.pem", "no readable certificate"),
                                       ("text.pem", "no readable certificate")])
@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_a_ca_file_that_cannot_be_read_is_wrong_usage(reeltally, make_gateway, make_tls, tmp_path, name, why, how):
    gateway = make_gateway(default={"polls": ["failure"]})
    tls = make_tls(gateway)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "text.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n")
    (tmp_path / "config.toml").write_text(f'ca-file = "{tmp_path / name}"\n')
    given = {"option": ["--ca-file", tmp_path / name], "file": ["--config", tmp_path / "config.toml"]}.get(how, [])
    env = {"SSL_CERT_FILE": str(tmp_path / name)} if how == "variable" else {}
    result = reeltally("run", *flags(tls), *given, reeltally.csv("a"), env=env)
    assert result.code == 2 and why in result.err and name in result.err and not reeltally.ledger.exists(), result
    assert {"option": "--ca-file", "variable": "SSL_CERT_FILE", "file": "config.toml:1"}[how] in result.err
    assert not gateway.queries()
    doctor = reeltally("doctor", "--base-url", tls.base, "--output", tmp_path, *given, env=env)
    assert doctor.code == 1 and why in doctor.out and not gateway.queries(), doctor
