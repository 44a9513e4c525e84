"""The operations of the S3 API on a store in memory. s3.py judges a request before one of them is called."""
import hashlib
import re
import time
import urllib.parse
from xml.sax.saxutils import escape
import xml.etree.ElementTree

import credentials

PART_BYTES_MIN = 5 << 20
STATUS = {"AccessDenied": 403, "InvalidAccessKeyId": 403, "SignatureDoesNotMatch": 403, "RequestTimeTooSkewed": 403,
          "ExpiredToken": 400, "InvalidToken": 400, "XAmzContentSHA256Mismatch": 400, "BadDigest": 400,
          "NoSuchBucket": 404, "NoSuchKey": 404, "NoSuchUpload": 404, "PreconditionFailed": 412,
          "ConditionalRequestConflict": 409, "FileAlreadyExists": 409, "InvalidPart": 400, "InvalidPartOrder": 400,
          "EntityTooSmall": 400, "MalformedXML": 400, "KeyTooLongError": 400, "InvalidRequest": 400,
          "MissingContentLength": 411, "SlowDown": 503, "InternalError": 500, "InvalidRange": 416,
          "MethodNotAllowed": 405, "AuthorizationHeaderMalformed": 400}


class Refused(Exception):
    def __init__(self, code, message=""):
        super().__init__(code)
        self.code, self.message = code, message


def encode_name(key):
    return urllib.parse.quote(key, safe="/")


def listing(name, query, more, rows):
    encoding = "<EncodingType>url</EncodingType>" if query.get("encoding-type") == "url" else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"{encoding}<IsTruncated>{'true' if more else 'false'}</IsTruncated>{rows}</{name}>")


class Operations:
    """A method for each operation, named as in the API. `kind` is the fault to play once it is done."""

    # ---- conditional writes

    def is_create_only(self):
        header, value = {"if-none-match": ("if-none-match", "*"), "oss": ("x-oss-forbid-overwrite", "true"),
                         "cos": ("x-cos-forbid-overwrite", "true"), "gcs": ("x-goog-if-generation-match", "0"),
                         "none": ("", "")}[self.server_state.dialect]
        return header in self.head and self.head[header] == value

    def require_free_name(self):
        state = self.server_state
        found = state.buckets[self.bucket].get(self.key)
        if self.is_create_only() and found is not None:
            raise Refused("FileAlreadyExists" if state.dialect in ("oss", "cos") else "PreconditionFailed")
        match = self.head.get("if-match")
        if match and (found is None or found["etag"] != match):
            raise Refused("PreconditionFailed")

    def write(self, body, etag, meta):
        state, name = self.server_state, (self.bucket, self.key)
        with state.lock:
            if name in state.busy and self.is_create_only():
                raise Refused("ConditionalRequestConflict")
            state.busy.add(name)
        try:
            with state.lock:
                self.require_free_name()
                state.buckets[self.bucket][self.key] = {"body": body, "etag": etag, "meta": meta,
                                                        "time": int(time.time())}
        finally:
            with state.lock:
                state.busy.discard(name)

    def meta(self):
        kept = ("content-type", "x-amz-server-side-encryption", "x-amz-storage-class")
        return {n: v for n, v in self.head.items() if n.startswith(self.prefix + "meta-") or n.startswith(kept)}

    # ---- operations

    def done(self, kind, status, body=b"", headers=()):
        if kind == "cut-after":
            raise ConnectionError("a fault")
        if kind == "hang-after":
            self.hang()
        self.answer(status, body, headers)

    def CreateBucket(self, kind):
        with self.server_state.lock:
            self.server_state.buckets.setdefault(self.bucket, {})
        self.done(kind, 200)

    def HeadBucket(self, kind):
        self.done(kind, 200)

    def PutObject(self, kind):
        etag = f'"{hashlib.md5(self.body).hexdigest()}"'
        self.write(self.body, etag, self.meta())
        self.done(kind, 200, headers=[("ETag", etag)])

    def find(self):
        found = self.server_state.buckets[self.bucket].get(self.key)
        if found is None:
            raise Refused("NoSuchKey")
        return found

    def object_headers(self, found):
        return [("ETag", found["etag"]), ("Accept-Ranges", "bytes"),
                ("Last-Modified", self.date_time_string(found["time"])), *found["meta"].items()]

    def HeadObject(self, kind):
        found = self.find()
        self.done(kind, 200, headers=[*self.object_headers(found), ("Content-Length", str(len(found["body"])))])

    def GetObject(self, kind):
        found = self.find()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.head.get("range", ""))
        body, size = found["body"], len(found["body"])
        if not wanted:
            return self.done(kind, 200, body, self.object_headers(found))
        first, last = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
        if first >= size or first > last:
            raise Refused("InvalidRange")
        return self.done(kind, 206, body[first:last + 1],
                         [*self.object_headers(found), ("Content-Range", f"bytes {first}-{last}/{size}")])

    def DeleteObject(self, kind):
        with self.server_state.lock:
            self.server_state.buckets[self.bucket].pop(self.key, None)
        self.done(kind, 204)

    def named(self, key):
        return encode_name(key) if self.query.get("encoding-type") == "url" else escape(key)

    def ListObjectsV2(self, kind):
        if self.query.get("list-type") != "2":
            raise Refused("InvalidRequest", "only ListObjectsV2")
        with self.server_state.lock:
            objects = dict(self.server_state.buckets[self.bucket])
        after = self.query.get("continuation-token", "")
        after = bytes.fromhex(after).decode() if after else self.query.get("start-after", "")
        prefix = self.query.get("prefix", "")
        keys = sorted((k for k in objects if k.startswith(prefix) and k.encode() > after.encode()), key=str.encode)
        page = min(int(self.query.get("max-keys", 1000)), self.server_state.scenario.get("page", 1000))
        rows = "".join(
            f"<Contents><Key>{self.named(k)}</Key><LastModified>{credentials.iso(objects[k]['time'])}</LastModified>"
            f"<ETag>{escape(objects[k]['etag'])}</ETag><Size>{len(objects[k]['body'])}</Size></Contents>"
            for k in keys[:page])
        more = len(keys) > page
        token = f"<NextContinuationToken>{keys[page - 1].encode().hex()}</NextContinuationToken>" if more else ""
        self.done(kind, 200, listing("ListBucketResult", self.query, more, rows + token))

    def CreateMultipartUpload(self, kind):
        state = self.server_state
        with state.lock:
            upload = f"upload-{state.next_serial()}/+=&"  # an opaque text, with what must be encoded
            state.uploads[upload] = {"bucket": self.bucket, "key": self.key, "parts": {}, "meta": self.meta(),
                                     "time": int(time.time())}
        self.done(kind, 200, f"<InitiateMultipartUploadResult><Bucket>{self.bucket}</Bucket><Key>{escape(self.key)}"
                  f"</Key><UploadId>{escape(upload)}</UploadId></InitiateMultipartUploadResult>")

    def upload(self):
        found = self.server_state.uploads.get(self.query["uploadId"])
        if found is None or (found["bucket"], found["key"]) != (self.bucket, self.key):
            raise Refused("NoSuchUpload")
        return found

    def UploadPart(self, kind):
        number = int(self.query.get("partNumber", 0))
        if not 1 <= number <= 10_000:
            raise Refused("InvalidRequest", "part numbers are 1 to 10000")
        etag = f'"{hashlib.md5(self.body).hexdigest()}"'
        with self.server_state.lock:
            self.upload()["parts"][number] = (etag, self.body)
        self.done(kind, 200, headers=[("ETag", etag)])

    def ListParts(self, kind):
        parts = sorted(self.upload()["parts"].items())
        parts = [p for p in parts if p[0] > int(self.query.get("part-number-marker", 0))]
        page = min(1000, self.server_state.scenario.get("page", 1000))
        rows = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{escape(etag)}</ETag><Size>{len(body)}</Size></Part>"
                       for n, (etag, body) in parts[:page])
        more = len(parts) > page
        marker = f"<NextPartNumberMarker>{parts[page - 1][0]}</NextPartNumberMarker>" if more else ""
        self.done(kind, 200, listing("ListPartsResult", {}, more, rows + marker))

    def ListMultipartUploads(self, kind):
        with self.server_state.lock:
            found = sorted((u["key"], name) for name, u in self.server_state.uploads.items()
                           if u["bucket"] == self.bucket and u["key"].startswith(self.query.get("prefix", "")))
        rows = "".join(f"<Upload><Key>{self.named(key)}</Key><UploadId>{escape(name)}</UploadId></Upload>"
                       for key, name in found)
        self.done(kind, 200, listing("ListMultipartUploadsResult", self.query, False, rows))

    def AbortMultipartUpload(self, kind):
        with self.server_state.lock:
            self.upload()
            del self.server_state.uploads[self.query["uploadId"]]
        self.done(kind, 204)

    def CompleteMultipartUpload(self, kind):
        upload = self.upload()
        try:
            root = xml.etree.ElementTree.fromstring(self.body)
            strip = lambda element: element.tag.rpartition("}")[2]  # noqa: E731
            wanted = [{strip(f): f.text for f in part} for part in root if strip(part) == "Part"]
            numbers = [int(part["PartNumber"]) for part in wanted]
        except Exception as broken:
            raise Refused("MalformedXML") from broken
        if not numbers or numbers != sorted(set(numbers)):
            raise Refused("InvalidPartOrder")
        bodies = []
        for part, number in zip(wanted, numbers):
            etag, body = upload["parts"].get(number, (None, b""))
            if etag is None or etag != part.get("ETag"):
                raise Refused("InvalidPart")
            if number != numbers[-1] and len(body) < PART_BYTES_MIN:
                raise Refused("EntityTooSmall")
            bodies.append(body)
        if kind == "error-in-200":
            return self.answer(200, "<Error><Code>InternalError</Code><Message>again</Message></Error>")
        etag = f'"{hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest()}-{len(bodies)}"'
        self.write(b"".join(bodies), etag, upload["meta"])
        with self.server_state.lock:
            self.server_state.uploads.pop(self.query["uploadId"], None)
        return self.done(kind, 200, f"<CompleteMultipartUploadResult><ETag>{escape(etag)}</ETag>"
                         "</CompleteMultipartUploadResult>")
