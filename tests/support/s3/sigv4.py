"""AWS Signature Version 4 for S3, and Google's variant of it: the server's own, independent of core/http/s3.

What is signed is taken as it came over the wire: the raw path and query, and the headers that the request names.
"""
import hashlib
import hmac
import urllib.parse

# Algorithm, first secret's prefix, service, last word of the scope, prefix of the headers.
FLAVOURS = {"AWS4-HMAC-SHA256": ("AWS4", "s3", "aws4_request", "x-amz-"),
            "GOOG4-HMAC-SHA256": ("GOOG4", "storage", "goog4_request", "x-goog-")}


def encode(text):
    """RFC 3986: everything but unreserved characters."""
    return urllib.parse.quote(text, safe="-._~")


def canonical_query(raw):
    """Each name and value decoded and encoded again, sorted; a name without `=` has an empty value."""
    pairs = []
    for part in filter(None, raw.split("&")):
        name, _, value = part.partition("=")
        pairs.append((encode(urllib.parse.unquote(name)), encode(urllib.parse.unquote(value))))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_path(raw):
    """S3 encodes a key once; what a client sent in another spelling is brought into this one."""
    return "/".join(encode(urllib.parse.unquote(part)) for part in raw.split("/"))


def signature(secret, region, algorithm, date, method, path, query, headers, names, payload):
    """`headers`: lower-case names to values as they came; `names`: the signed ones; `date`: 20130524T000000Z."""
    prefix, service, last, _ = FLAVOURS[algorithm]
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    request = "\n".join([method, canonical_path(path), canonical_query(query), lines, ";".join(names), payload])
    scope = f"{date[:8]}/{region}/{service}/{last}"
    text = "\n".join([algorithm, date, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = (prefix + secret).encode()
    for word in (date[:8], region, service, last):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def authorization(key_id, secret, region, algorithm, date, method, path, query, headers, payload):
    """The header of a request that signs all its headers: for tests that play the client."""
    _, service, last, _ = FLAVOURS[algorithm]
    names = sorted(headers)
    found = signature(secret, region, algorithm, date, method, path, query, headers, names, payload)
    return (f"{algorithm} Credential={key_id}/{date[:8]}/{region}/{service}/{last},SignedHeaders={';'.join(names)},"
            f"Signature={found}")
