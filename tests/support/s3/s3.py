#!/usr/bin/env python3
"""A strict S3 server in memory, on loopback only, that can be told to fail.

Usage: s3.py --scenario FILE.json [--log FILE.jsonl] [--lifetime SECONDS]

Prints one JSON line when it is ready: {"port": PORT}. Ends at SIGTERM, when standard input closes, and after its
lifetime.

It refuses what S3 refuses: a signature that is not right to the last byte (all of canonical request, signed headers,
date, session token), a body whose SHA-256 is not `x-amz-content-sha256`, parts out of order or below 5 MiB, and with
its conditional header a name that is taken (412; 409 in the dialects of OSS and COS).

A scenario is {"keys": {ID: {"secret": S, "token": T, "expires": EPOCH}}, "region": R, "buckets": [NAME, ...],
"dialect": "if-none-match" | "oss" | "cos" | "gcs" | "none", "host": NAME of virtual-hosted addresses (default
"localhost"), "page": entries of a list, "credentials": see credentials.py, "faults": [FAULT, ...]}.
A FAULT is {"op": OPERATION, "key": text in the key, "part": N, "after": requests that pass first, "times": N (1),
"kind": KIND}; OPERATIONs are the names of the S3 API (PutObject, UploadPart ...). KINDs: "503", "500", "409", "412",
"403", "expired", "cut" (the connection ends before the body is read), "cut-after" (done, but the answer is lost),
"error-in-200", "spoil" (a byte of the body changes on its way), "slow" (a second), "hang" (until the client goes),
"hang-after" (done, then so).
Control, unsigned: POST /_control with {"faults": [...]}, {"forget_faults": true}, {"put": {"bucket": B, "key": K,
"body": hex, "meta": {}}}, {"delete": {...}}, {"expire": true} (all session keys are expired now); GET /_control: objects, uploads, counts.
"""
import argparse
import base64
import calendar
import hashlib
import http.server
import json
import os
import re
import signal
import socketserver
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import credentials  # noqa: E402
import sigv4  # noqa: E402
from operations import STATUS, Operations, Refused  # noqa: E402

KEY_BYTES_MAX = 1024
SKEW_MAX = 15 * 60


class Server:
    """What all requests share; `lock` guards it."""

    def __init__(self, scenario, log):
        self.scenario = scenario
        self.log = log
        self.lock = threading.RLock()
        self.keys = {name: dict(key) for name, key in scenario.get("keys", {}).items()}
        self.region = scenario.get("region", "us-east-1")
        self.dialect = scenario.get("dialect", "if-none-match")
        self.host = scenario.get("host", "localhost")
        self.buckets = {name: {} for name in scenario.get("buckets", ["videos"])}
        self.uploads = {}
        self.faults = [dict(fault) for fault in scenario.get("faults", [])]
        self.busy = set()  # names with a conditional write under way
        self.serial = 0
        self.counts = {}
        self.hangs = 0
        self.credentials = credentials.Credentials(scenario.get("credentials", {}), self.keys, time.time)

    def fault(self, op, key, part):
        with self.lock:
            for fault in self.faults:
                if (fault.get("op") not in (None, op) or fault.get("key", "") not in key
                        or fault.get("part") not in (None, part)):
                    continue
                if fault.get("after", 0) > 0:
                    fault["after"] -= 1
                elif fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault["kind"]
        return None

    def next_serial(self):
        self.serial += 1
        return self.serial


class Request(Operations, http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60

    # ---- the frame of a request

    def handle_one(self):
        self.server_state = self.server.state
        self.head = {}
        for name, value in self.headers.items():
            name = name.lower()
            self.head[name] = self.head[name] + "," + value if name in self.head else value
        self.raw_path, _, self.raw_query = self.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(self.raw_query, keep_blank_values=True))
        self.body, self.body_left, self.status_sent = b"", int(self.head.get("content-length", 0)), 0
        self.op, self.key, self.bucket = "?", "", ""
        try:
            if self.raw_path == "/_control":
                self.control()
            elif not self.serve_credentials():
                self.serve_s3()
        except Refused as refused:
            self.refuse(refused.code, refused.message)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        self.server_state.log({"method": self.command, "path": self.raw_path, "query": self.raw_query, "op": self.op,
                               "key": self.key, "status": self.status_sent, "bytes": len(self.body),
                               "headers": {n: v for n, v in self.head.items()
                                           if n not in ("authorization", "x-amz-security-token")}})

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

    def handle_expect_100(self):
        return True  # the continue is sent once the body is wanted

    def log_message(self, *arguments):
        pass

    def read_body(self):
        if self.body_left and self.head.get("expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        pieces = []
        while self.body_left:
            piece = self.rfile.read(min(self.body_left, 1 << 20))
            if not piece:
                raise ConnectionError("the client went away")
            pieces.append(piece)
            self.body_left -= len(piece)
        self.body = b"".join(pieces)

    def answer(self, status, body=b"", headers=(), kind="application/xml"):
        if self.body_left:  # the body was not read: what follows on this connection would be it
            self.close_connection = True
        self.status_sent = status
        self.send_response(status)
        body = body.encode() if isinstance(body, str) else body
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names:
            self.send_header("Content-Length", str(len(body)))
        if body and "content-type" not in names:
            self.send_header("Content-Type", kind)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def refuse(self, code, message=""):
        headers = [("Retry-After", "1")] if code == "SlowDown" and message == "later" else []
        self.answer(STATUS[code], f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
                    f"<Message>{escape(message or code)}</Message><RequestId>1</RequestId></Error>", headers)

    # ---- who asks, and for what

    def serve_credentials(self):
        state = self.server_state
        if not self.raw_path.startswith(("/latest/", "/container")) and not (self.raw_path == "/" and self.command == "POST"):
            return False
        self.read_body()
        with state.lock:
            found = state.credentials.answer(self.command, self.raw_path, self.query, self.head, self.body)
        if found is None:
            return False
        self.op = "credentials"
        status, kind, text = found
        self.answer(status, text, kind=kind)
        return True

    def split_address(self):
        """Bucket and key, virtual-hosted (bucket.HOST) or path style."""
        host = self.head.get("host", "").partition(":")[0]
        path = urllib.parse.unquote(self.raw_path)
        if host.endswith("." + self.server_state.host):
            self.bucket, self.key = host[:-len(self.server_state.host) - 1], path[1:]
        else:
            self.bucket, _, self.key = path[1:].partition("/")

    def operation(self):
        has = self.query.__contains__
        if not self.key:
            return {"GET": "ListMultipartUploads" if has("uploads") else "ListObjectsV2", "HEAD": "HeadBucket",
                    "PUT": "CreateBucket"}.get(self.command, "?")
        if has("uploadId"):
            return {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "GET": "ListParts",
                    "DELETE": "AbortMultipartUpload"}.get(self.command, "?")
        if has("uploads") and self.command == "POST":
            return "CreateMultipartUpload"
        return {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject",
                "DELETE": "DeleteObject"}.get(self.command, "?")

    def serve_s3(self):
        state = self.server_state
        self.split_address()
        self.op = self.operation()
        with state.lock:
            state.counts[self.op] = state.counts.get(self.op, 0) + 1
        kind = state.fault(self.op, self.key, int(self.query.get("partNumber", 0)) or None)
        if kind == "cut":
            self.rfile.read(min(self.body_left, 100_000))
            raise ConnectionError("a fault")
        if kind == "hang":
            self.hang()
        if kind == "slow":
            time.sleep(1)
        named = {"503": "SlowDown", "500": "InternalError", "409": "ConditionalRequestConflict",
                 "412": "PreconditionFailed", "403": "AccessDenied", "expired": "ExpiredToken"}
        self.authenticate()
        if kind in named:
            raise Refused(named[kind])
        if self.op == "?":
            raise Refused("MethodNotAllowed")
        if self.bucket not in state.buckets and self.op != "CreateBucket":
            raise Refused("NoSuchBucket")
        if len(self.key.encode()) > KEY_BYTES_MAX:
            raise Refused("KeyTooLongError")
        if self.op == "PutObject" or self.op == "CompleteMultipartUpload":
            self.require_free_name()  # before the body, as S3 does with Expect: 100-continue
        self.read_body()
        if kind == "spoil":
            self.body = bytes([self.body[0] ^ 1]) + self.body[1:]
        self.check_payload()
        getattr(self, self.op)(kind)

    def hang(self):
        """Until the client goes."""
        self.read_body()
        with self.server_state.lock:
            self.server_state.hangs += 1
        self.rfile.read(1)
        raise ConnectionError("a fault")

    def authenticate(self):
        state, head = self.server_state, self.head
        found = re.fullmatch(r"(\S+) Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/([^/,]+),\s*SignedHeaders=([^,]+),"
                             r"\s*Signature=([0-9a-f]{64})", head.get("authorization", ""))
        if not found or found[1] not in sigv4.FLAVOURS:
            raise Refused("AccessDenied", "there is no signature")
        algorithm, key_id, day, region, service, last, names, sent = found.groups()
        _, own_service, own_last, prefix = sigv4.FLAVOURS[algorithm]
        if (service, last, region) != (own_service, own_last, state.region):
            raise Refused("AuthorizationHeaderMalformed", f"the region is {state.region}")
        if prefix == "x-goog-" and any(name.startswith("x-amz-") for name in head):
            raise Refused("InvalidRequest", "Requests cannot specify both x-amz and x-goog headers")
        with state.lock:
            key = state.keys.get(key_id)
        if key is None:
            raise Refused("InvalidAccessKeyId")
        names = names.split(";")
        must = {n for n in head if n == "host" or n.startswith(("x-amz-", "x-goog-", "x-oss-", "x-cos-"))}
        if names != sorted(names) or not must <= set(names) or not set(names) <= set(head):
            raise Refused("AccessDenied", "There were headers present in the request which were not signed")
        date = head.get(prefix + "date", "")
        if not re.fullmatch(r"\d{8}T\d{6}Z", date) or date[:8] != day:
            raise Refused("AccessDenied", "no date")
        if abs(calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.time()) > SKEW_MAX:
            raise Refused("RequestTimeTooSkewed", "the difference is too large")
        payload = head.get(prefix + "content-sha256", "")
        if not re.fullmatch(r"[0-9a-f]{64}", payload):
            raise Refused("InvalidRequest", "no payload hash: UNSIGNED-PAYLOAD is not taken here")
        right = sigv4.signature(key["secret"], region, algorithm, date, self.command, self.raw_path, self.raw_query,
                                head, names, payload)
        if right != sent:
            raise Refused("SignatureDoesNotMatch")
        if head.get(prefix + "security-token", "") != key.get("token", ""):
            raise Refused("InvalidToken")
        if key.get("expires", 1 << 60) <= time.time():
            raise Refused("ExpiredToken", "The provided token has expired.")
        self.prefix, self.payload = prefix, payload

    def check_payload(self):
        if hashlib.sha256(self.body).hexdigest() != self.payload:
            raise Refused("XAmzContentSHA256Mismatch")
        for header, algorithm in (("content-md5", hashlib.md5), ("x-amz-checksum-sha256", hashlib.sha256)):
            wanted = self.head.get(header)
            if wanted is not None and base64.b64encode(algorithm(self.body).digest()).decode() != wanted:
                raise Refused("BadDigest")

    # ---- control

    def control(self):
        state = self.server_state
        self.read_body()
        with state.lock:
            if self.command == "POST":
                order = json.loads(self.body)
                if order.get("forget_faults"):
                    state.faults = []
                state.faults += order.get("faults", [])
                if "put" in order:
                    put = order["put"]
                    body = bytes.fromhex(put["body"])
                    state.buckets[put["bucket"]][put["key"]] = {
                        "body": body, "etag": f'"{hashlib.md5(body).hexdigest()}"', "meta": put.get("meta", {}),
                        "time": int(time.time())}
                if "delete" in order:
                    state.buckets[order["delete"]["bucket"]].pop(order["delete"]["key"], None)
                if order.get("expire"):
                    for key in state.keys.values():
                        if key.get("token"):
                            key["expires"] = 0
            objects = {bucket: {key: {"bytes": len(o["body"]), "sha256": hashlib.sha256(o["body"]).hexdigest(),
                                      "meta": o["meta"]} for key, o in found.items()}
                       for bucket, found in state.buckets.items()}
            uploads = [dict(u, id=name, parts=sorted(u["parts"])) for name, u in state.uploads.items()]
            self.answer(200, json.dumps({"objects": objects, "uploads": uploads, "counts": state.counts,
                                         "hangs": state.hangs}),
                        kind="application/json")


class Listener(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks a name server who we are
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--log")
    parser.add_argument("--lifetime", type=float, default=600)
    options = parser.parse_args()
    with open(options.scenario, encoding="utf-8") as file:
        scenario = json.load(file)
    log_file = open(options.log, "a", buffering=1, encoding="utf-8") if options.log else None
    log_lock = threading.Lock()

    def log(line):
        if log_file:
            with log_lock:
                log_file.write(json.dumps(line) + "\n")

    listener = Listener(("127.0.0.1", 0), Request)
    listener.state = Server(scenario, log)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    print(json.dumps({"port": listener.server_address[1]}), flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()
    ended.wait(options.lifetime)
    os._exit(0)  # the thread that reads standard input would hold up an orderly end


if __name__ == "__main__":
    main()
