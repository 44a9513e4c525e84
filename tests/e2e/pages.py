"""A running `reeltally serve`, asked as browsers ask."""
import html
import html.parser
import http.client
import re
import signal
import socket
import time

from conftest import PATIENCE


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"{self.status} {self.headers}\n{self.body[:2000]!r}"


class Inspector(html.parser.HTMLParser):
    """Nothing inline, nothing from elsewhere, no tag but ours."""
    TAGS = set("html head meta title link script noscript body a header nav form input button main h1 h2 p div section footer ol ul li "
               "span b time svg rect line g text table tr th td details summary dl dt dd video pre".split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag in self.TAGS and (tag != "script" or attributes["src"] == "/live.js"), tag
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        for name in ("src", "href", "action"):
            assert re.match("[/#](?!/)", attributes.get(name, "/")), attributes


class Pages:
    def __init__(self, reeltally, *arguments):
        self.reeltally = reeltally
        self.process = reeltally.start("serve", "--listen", "127.0.0.1:0", *arguments)
        line = self.process.stderr.readline().decode()
        found = re.search(r"at http://127\.0\.0\.1:(\d+)/", line)
        assert found, line + self.process.stderr.read().decode()
        self.port = int(found.group(1))

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        answer = Answer(reply.status, dict(reply.getheaders()), reply.read())
        connection.close()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'"), answer
        return answer

    def page(self, path):
        answer = self.ask(path)
        assert answer.status == 200 and "nosniff" in answer.headers.values(), answer
        Inspector().feed(answer.text)
        return answer.text

    def send(self, data, wait=True):
        """Bytes as they are; what comes back until the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(data)
            got = b""
            while wait and (part := connection.recv(65536)):
                got += part
            return got

    def end(self, how=signal.SIGTERM):
        began = time.monotonic()
        self.process.send_signal(how)
        result = self.reeltally.finish(self.process)
        assert result.code == 0, result
        return time.monotonic() - began


def number(page, name):
    return int(re.search(rf'<(?:b|span) id="{name}">([^<]*)<', page).group(1).replace("\u202f", ""))


def plain(text):
    return html.unescape(re.sub(r"<[^>]*>", "", text)).replace("\u202f", "").strip()


def table(page, name):
    found = re.search(rf'<table id="{re.escape(name)}">(.*?)</table>', page, re.S)
    return [] if not found else [[plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
                                 for row in found.group(1).split("</tr>") if "<td" in row]


def links(page, folder):
    return [html.unescape(link) for link in re.findall(rf'(?:href|src)="(/{folder}/[^"#]*)', page)]
