"""Documents from a seed, read by the program (tests/support/probe/reading_probe.cc) and by Python's own json, csv, decimal and
zoneinfo, videos (containers.py) by ffprobe; both must read the same. `tools/torture differential` reads 10,000 of each kind, test_differential.py 200."""
import csv
import datetime
import decimal
import functools
import io
import json
import math
import os
import pathlib
import random
import subprocess
import zoneinfo

import containers
from conftest import BINARY

PROBE = pathlib.Path(os.environ.get("REELTALLY_PROBE", pathlib.Path(BINARY).parent / "tests/reading_probe"))
DEPTH_MAX = 64
D = decimal.Decimal
EXACT = decimal.Context(prec=100)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Santiago", "Asia/Kolkata", "Asia/Gaza",
         "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Asia/Beirut", "Africa/Cairo",
         "America/Havana", "Europe/Dublin", "Antarctica/Troll", "Pacific/Chatham", "America/Asuncion"]


class Difference(Exception):
    pass


# ---- json

def json_document(dice):
    text = json_text(dice, dice.choice([1, 3, 5, 70 if dice.random() < 0.05 else 6]))
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(dice.choice([0, 0, 1, 2])):  # half of them are damaged
        at = dice.randrange(len(data) + 1)
        data[at:at + dice.choice([0, 1, 1, 3])] = dice.choice(
            [b"", b"\xff", b"\x80", b"\0", b"{", b"}", b",", b'"', b"\\", b"\\u", b"e", b"-", b".", b"0", b"\x1f", b" ", b"/", b"N"])
    return bytes(data)


def json_text(dice, depth):
    blank = dice.choice(["", "", " ", "\n\t"])
    kind = dice.randrange(7 if depth > 1 else 5)
    if kind == 0:
        return blank + dice.choice(["null", "true", "false"])
    if kind in (1, 2):
        return blank + dice.choice(["0", "-0", "5.0", "1e3", "-1.5E-7", "18446744073709551616", "123456789012345678901234567890",
                                    "1e308", "1e309", "-1e999", "0.1e-400", "01", "1.", ".5", "+1", "1e", str(dice.random()),
                                    str(dice.randrange(-2**63, 2**63))])
    if kind in (3, 4):
        return blank + json_string(dice)
    if depth > 10:  # deep, not wide
        return "[" + json_text(dice, depth - 1) + "]"
    items = [json_text(dice, depth - 1) for _ in range(dice.randrange(4))]
    if kind == 5:
        return f"{blank}[{','.join(items)}{blank}]"
    return blank + "{" + ",".join(f"{json_string(dice)}{blank}:{item}" for item in items) + "}"


def json_string(dice):
    parts = ["a", "task_id", "ü", "任务", "😀", "\\n", "\\\"", "\\/", "\\u0041", "\\u0000", "\\ud83d\\ude00", "\\ud800", "\\udc00x", "\\x",
             "\u2028", "\x7f", " "]
    return '"' + "".join(dice.choice(parts) for _ in range(dice.randrange(4))) + '"'


def depth_of(text):
    depth = most = 0
    inside = escaped = False
    for one in text:
        if inside:
            inside = escaped or one != '"'
            escaped = one == "\\" and not escaped
        elif one in "[{":
            depth += 1
            most = max(most, depth)
        elif one in "]}":
            depth -= 1
        elif one == '"':
            inside = True
    return most


def expected_json(data):
    try:
        text = data.decode("utf-8")
        text = text.removeprefix("\ufeff")

        def number(digits):
            if math.isinf(float(digits)):
                raise ValueError("beyond a double")
            return {"n": digits}

        def no_constant(word):
            raise ValueError(word)
        value = json.loads(text, parse_float=number, parse_int=number, parse_constant=no_constant,
                           object_pairs_hook=lambda pairs: {"o": [list(pair) for pair in pairs]})
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # no lone surrogate
        return "refused" if depth_of(text) > DEPTH_MAX else value
    except (ValueError, RecursionError):
        return "refused"


def same_json(data, got):
    expected = expected_json(data)
    is_refused = isinstance(got, dict) and "refused" in got
    return expected, is_refused if expected == "refused" else got == expected


# ---- csv

def csv_document(dice):
    if dice.random() < 0.5:
        fields = ["", "a", "b c", "x,y", 'say "it"', "two\nlines", "three\r\nlines", "ü", "任务", "'", "=1", "a;b", "\t"]
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator=dice.choice(["\n", "\r\n"]), quoting=dice.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
        for _ in range(dice.randrange(6)):
            writer.writerow([f"r{dice.randrange(9)}", *(dice.choice(fields) for _ in range(dice.randrange(5)))])
        return out.getvalue().encode()
    return "".join(dice.choice('ab,,"\n\rü') for _ in range(dice.randrange(30))).encode()


def same_csv(data, got):
    rows = [row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row]
    if got and got[-1] is None:  # a quote that is never closed: Python takes the rest as its field
        return rows, got[:-1] == rows[:-1]
    return rows, got == rows


# ---- decimal

def decimal_document(dice):
    def number():
        whole = "".join(dice.choice("0123456789") for _ in range(dice.choice([1, 1, 2, 5, 18, 19])))
        places = "".join(dice.choice("00123456789") for _ in range(dice.choice([0, 0, 1, 2, 6, 16, 17])))
        return dice.choice(["", "", "-", "+"]) + whole + ("." + places if places else dice.choice(["", "", "", "."]))
    operation = dice.choice(["+", "-", "*", "<", "up", "0", "2", "6"])
    left, right = number(), number()
    if operation == "up":
        left, right = left.lstrip("+-"), right.lstrip("+-")
        right = right if D(right) else "0.25"
    return f"{operation} {left} {right}".encode()


def plain(value):
    text = format(value.normalize(EXACT), "f")
    return "0" if value == 0 else text


def is_number(text):
    whole, _, places = text.lstrip("+-").partition(".")
    whole_digits, places_digits = whole.lstrip("0"), places.rstrip("0")
    return not text.endswith(".") and len(whole_digits) <= 18 and len(places_digits) <= 16


def same_decimal(data, got):
    operation, left_text, right_text = data.decode().split()
    if not is_number(left_text) or not is_number(right_text):
        return None, got is None
    left, right = D(left_text), D(right_text)
    if operation in "+-*":
        value = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[operation](left, right)
    elif operation == "<":
        value = D(left < right)
    elif operation == "up":
        value = EXACT.multiply(EXACT.divide_int(left, right) + (EXACT.remainder(left, right) != 0), right)
    else:
        value = left.quantize(D(1).scaleb(-int(operation)), decimal.ROUND_HALF_EVEN, EXACT)
    digits = len(value.normalize(EXACT).as_tuple().digits)
    return plain(value), got == plain(value) or (got == "overflow" and digits + max(0, value.normalize(EXACT).as_tuple().exponent) > 30)


# ---- periods and instants

def period_document(dice):
    year = dice.randrange(1905, 2120)
    day = datetime.date(year, 1, 1) + datetime.timedelta(days=dice.randrange(365))
    week = day.isocalendar()
    name = dice.choice([f"{year}", f"{year}-{day.month:02}", f"{week.year}-W{week.week:02}", day.isoformat(), f"{year}-W53", f"{year}-02-29",
                        f"{year}-13", f"{year}-04-31"])
    return f"{name} {dice.choice(ZONES)}".encode()


@functools.lru_cache(maxsize=None)
def zone_of(name):
    return zoneinfo.ZoneInfo(name)


def ms_of(moment):
    return (moment - EPOCH) // datetime.timedelta(milliseconds=1)


def midnight(day, zone):
    """When the day begins; where its midnight is skipped, when the clocks are put forward."""
    local = datetime.datetime(day.year, day.month, day.day)
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(datetime.timezone.utc) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == local:
        return ms_of(early)
    low, high = sorted((early, late))
    low -= datetime.timedelta(days=1)
    before = low.astimezone(zone).utcoffset()
    while high - low > datetime.timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return round(ms_of(high) / 1000) * 1000 if ms_of(high) % 1000 < 1 else ms_of(high) // 1000 * 1000


def days_of(name):
    if "W" in name:
        year, week = name.split("-W")
        begin = datetime.date.fromisocalendar(int(year), int(week), 1)
        return begin, begin + datetime.timedelta(days=7)
    parts = [int(part) for part in name.split("-")]
    begin = datetime.date(*(parts + [1, 1])[:3])
    if len(parts) == 3:
        return begin, begin + datetime.timedelta(days=1)
    if len(parts) == 2:
        return begin, datetime.date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
    return begin, datetime.date(begin.year + 1, 1, 1)


def same_period(data, got):
    name, zone = data.decode().split()
    try:
        begin, end = days_of(name)
    except ValueError:
        return None, got is None
    expected = [midnight(begin, zone_of(zone)), midnight(end, zone_of(zone))]
    return expected, got == expected


def instant_document(dice):
    return f"{dice.randrange(157766400000, 4733510400000)} {dice.choice(ZONES)}".encode()  # 1975 to 2120: offsets in minutes


def same_instant(data, got):
    ms, zone = data.decode().split()
    moment = EPOCH + datetime.timedelta(milliseconds=int(ms))
    expected = moment.astimezone(zone_of(zone)).isoformat(timespec="milliseconds" if int(ms) % 1000 else "seconds")
    return expected, got == expected


KINDS = {"json": (json_document, same_json), "csv": (csv_document, same_csv), "decimal": (decimal_document, same_decimal),
         "period": (period_document, same_period), "instant": (instant_document, same_instant),
         "video": (containers.video_document, containers.same_video)}


def read_all(kind, documents):
    data = b"".join(b"%s %d\n%s" % (kind.encode(), len(one), one) for one in documents)
    done = subprocess.run([PROBE], input=data, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(kind, seed, count):
    """Raises Difference with the document and the seed."""
    make, same = KINDS[kind]
    dice = random.Random(f"{kind} {seed}")
    documents = [make(dice) for _ in range(count)]
    results = read_all(kind, documents)
    if len(results) != count:
        raise Difference(f"{kind}, seed {seed}: {len(results)} of {count} documents were read")
    for document, got in zip(documents, results):
        expected, is_same = same(document, got)
        if not is_same:
            raise Difference(f"{kind}, seed {seed}: {document!r} is {got!r}, elsewhere {expected!r}")
