"""The S3 server of the tests is itself strict: AWS's published examples, and what it must refuse."""
import hashlib
import http.client
import time

import pytest

from s3 import KEY_ID, SECRET, Client, make_s3, sigv4  # noqa: F401

EMPTY = hashlib.sha256(b"").hexdigest()
AWS4 = "AWS4-HMAC-SHA256"


# docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html: the four published examples.
@pytest.mark.parametrize("method, path, query, headers, payload, wanted", [
    ("GET", "/test.txt", "", {"range": "bytes=0-9"}, EMPTY,
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test%24file.text", "", {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
     hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/", "lifecycle", {}, EMPTY, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/", "max-keys=2&prefix=J", {}, EMPTY, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
])
def test_published_examples(method, path, query, headers, payload, wanted):
    headers = {"host": "examplebucket.s3.amazonaws.com", "x-amz-content-sha256": payload,
               "x-amz-date": "20130524T000000Z", **headers}
    header = sigv4.authorization("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", AWS4,
                                 "20130524T000000Z", method, path, query, headers, payload)
    assert header.endswith("Signature=" + wanted)


def test_what_is_signed_wrongly_is_refused(make_s3):
    server = make_s3()
    client = Client(server.url)
    assert client("PUT", "/videos/a%20b", b"body")[0] == 200
    cases = {
        "another secret": (Client(server.url, secret="no")("GET", "/videos/a%20b"), b"SignatureDoesNotMatch"),
        "an unknown key": (Client(server.url, key_id="no")("GET", "/videos/a%20b"), b"InvalidAccessKeyId"),
        "a token that nobody gave": (Client(server.url, token="x")("GET", "/videos/a%20b"), b"InvalidToken"),
        "an old date": (client("GET", "/videos/a%20b", date="20130524T000000Z"), b"RequestTimeTooSkewed"),
        "a header that is not signed": (client("PUT", "/videos/b", b"x", change={"x-amz-meta-a": "1"}), b"not signed"),
        "a signed header that changed": (client("PUT", "/videos/b", b"x", x_amz_meta_a="1", change={"x-amz-meta-a": "2"}),
                                         b"SignatureDoesNotMatch"),
        "another body": (client("PUT", "/videos/b", b"xy", sent=b"xz"), b"XAmzContentSHA256Mismatch"),
        "another MD5": (client("PUT", "/videos/b", b"x", content_md5="1B2M2Y8AsgTpgAmY7PhCfg=="), b"BadDigest"),
        "another checksum": (client("PUT", "/videos/b", b"x", x_amz_checksum_sha256="1B2M2Y8AsgTpgAmY7PhCfg=="),
                             b"BadDigest"),
        "no hash": (client("PUT", "/videos/b", b"x", change={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
                    b"InvalidRequest"),
        "nothing signed": (client("GET", "/videos/a%20b", change={"authorization": ""}), b"AccessDenied"),
    }
    for name, ((status, text, _), code) in cases.items():
        assert status in (400, 403) and code in text, (name, status, text)
    assert sorted(server.objects()) == ["a b"]


def test_conditional_writes(make_s3):
    server = make_s3()
    client = Client(server.url)
    assert client("PUT", "/videos/a", b"1", if_none_match="*")[0] == 200
    assert client("PUT", "/videos/a", b"2", if_none_match="*")[0] == 412
    etag = client("HEAD", "/videos/a")[2]["ETag"]
    assert client("PUT", "/videos/a", b"3", if_match='"other"')[0] == 412
    assert client("PUT", "/videos/a", b"4", if_match=etag)[0] == 200
    assert client("GET", "/videos/a", range="bytes=0-0")[:2] == (206, b"4")
    for dialect, header, status in (("oss", {"x_oss_forbid_overwrite": "true"}, 409),
                                    ("cos", {"x_cos_forbid_overwrite": "true"}, 409)):
        other = make_s3(dialect=dialect)
        client = Client(other.url)
        assert client("PUT", "/videos/a", b"1", **header)[0] == 200
        assert client("PUT", "/videos/a", b"2", **header)[0] == status
        assert client("PUT", "/videos/a", b"3", if_none_match="*")[0] == 200, "a header that it does not know"


def test_multipart(make_s3):
    server = make_s3()
    client = Client(server.url)

    def begin():
        text = client("POST", "/videos/a?uploads")[1].decode()
        name = text.partition("<UploadId>")[2].partition("<")[0].replace("&amp;", "&")
        return sigv4.encode(name)

    def part(upload, number, body):
        return client("PUT", f"/videos/a?partNumber={number}&uploadId={upload}", body)[2]["ETag"]

    def complete(upload, *parts, **headers):
        text = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in parts)
        body = f"<CompleteMultipartUpload>{text}</CompleteMultipartUpload>".encode()
        return client("POST", f"/videos/a?uploadId={upload}", body, **headers)[:2]

    upload = begin()
    small, large = part(upload, 1, b"x" * 1000), part(upload, 2, b"y" * (5 << 20))
    assert b"EntityTooSmall" in complete(upload, (1, small), (2, large))[1]
    assert b"InvalidPartOrder" in complete(upload, (2, large), (1, small))[1]
    assert b"InvalidPart" in complete(upload, (2, small))[1]
    large = part(upload, 1, b"z" * (5 << 20))
    small = part(upload, 2, b"x")
    listed = client("GET", f"/videos/a?uploadId={upload}")[1]
    assert listed.count(b"<Part>") == 2 and b"upload-1" in client("GET", "/videos?uploads&prefix=a")[1]
    assert complete(upload, (1, large), (2, small), if_none_match="*")[0] == 200
    assert server.objects()["a"]["bytes"] == (5 << 20) + 1 and not server.uploads()
    second = begin()
    etag = part(second, 1, b"w")
    assert complete(second, (1, etag), if_none_match="*")[0] == 412
    assert client("DELETE", f"/videos/a?uploadId={second}")[0] == 204
    assert b"NoSuchUpload" in complete(second, (1, etag))[1]


def test_lists_and_addresses(make_s3):
    server = make_s3(page=2)
    client = Client(server.url)
    for name in ("b", "a", "c%2Fd", "%C3%A4", "Z"):
        assert client("PUT", "/videos/" + name, b"1")[0] == 200
    seen, token = [], ""
    while True:
        query = "list-type=2&encoding-type=url" + (f"&continuation-token={token}" if token else "")
        text = client("GET", "/videos?" + query)[1].decode()
        seen += [row.partition("</Key>")[0] for row in text.split("<Key>")[1:]]
        if "<IsTruncated>false" in text:
            break
        token = text.partition("<NextContinuationToken>")[2].partition("<")[0]
    assert seen == ["Z", "a", "b", "c/d", "%C3%A4"], "in the order of their bytes"
    port = server.port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    host = f"videos.localhost:{port}"
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"host": host, "x-amz-content-sha256": EMPTY, "x-amz-date": date}
    headers["authorization"] = sigv4.authorization(KEY_ID, SECRET, "us-east-1", AWS4, date, "GET", "/c/d", "", headers, EMPTY)
    connection.request("GET", "/c/d", headers=headers)
    assert connection.getresponse().status == 200
    connection.close()
