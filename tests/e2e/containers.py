"""Videos from a seed, whole, cut, and with boxes or elements more, fewer, spoiled or written in another way; for differential.py to
compare what the program takes for a complete video with what ffprobe reads of it."""
import collections
import functools
import json
import pathlib
import shutil
import subprocess
import tempfile

BOXED = {"mp4": [], "fast.mp4": ["-movflags", "+faststart"], "mov": [], "pieces.mp4": ["-movflags", "frag_keyframe+empty_moov"]}
ELEMENTS = {"webm": ["-cluster_time_limit", "200"], "mkv": [], "pipe.webm": ["-cluster_time_limit", "200"], "live.webm": ["-live", "1"]}
FORMATS = {"mp4": "mov,mp4,m4a,3gp,3g2,mj2", "mov": "mov,mp4,m4a,3gp,3g2,mj2", "webm": "matroska,webm", "mkv": "matroska,webm"}
SEGMENT, CLUSTER = bytes.fromhex("18538067"), bytes.fromhex("1f43b675")
Seen = collections.namedtuple("Seen", "format brand packets")


def can_compare():
    return shutil.which("ffprobe") is not None and shutil.which("ffmpeg") is not None


class Video(bytes):
    """What was done to which base, and whether the rest of it must still be read as the base is."""
    base = how = None
    is_sound = False


@functools.lru_cache(maxsize=None)
def bases():
    """{name: bytes}: the same eight pictures in each container, as ffmpeg writes it to a file or (pipe) to a pipe."""
    with tempfile.TemporaryDirectory(prefix="reeltally-videos-") as folder:
        made = {}
        for name, options in (BOXED | ELEMENTS).items():
            codec = "libvpx" if name.endswith("webm") else "mpeg4"
            path = pathlib.Path(folder, name)
            command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=0.8:s=32x32:r=10", "-c:v", codec, "-g", "2", *options]
            kind = {"mkv": "matroska"}.get(name.split(".")[-1], name.split(".")[-1])
            with open(path, "wb") as out:
                to_pipe = name.startswith("pipe")
                subprocess.run([*command, "-f", kind, *(["-"] if to_pipe else ["-y", path])], stdout=out if to_pipe else None, check=True)
            made[name] = path.read_bytes()
    return made


# ---- walks of our own, over files that are whole

def boxes(data):
    """(begin, end) of each outermost box."""
    at, found = 0, []
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        size = int.from_bytes(data[at + 8:at + 16], "big") if size == 1 else size or len(data) - at
        found.append((at, at + size))
        at += size
    return found


def varint(data, at, keeps_marker=False):
    """(value or None if unknown, bytes)"""
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at:at + length], "big")
    if keeps_marker:
        return value, length
    value &= (1 << 7 * length) - 1
    return (None if value == (1 << 7 * length) - 1 else value), length


def elements(data):
    """(ID, begin, end) of each outermost element and of those in the Segment, and in Clusters of unknown size."""
    at, found = 0, []
    while at < len(data):
        _, id_bytes = varint(data, at, True)
        name = data[at:at + id_bytes]
        size, size_bytes = varint(data, at + id_bytes)
        inside = at + id_bytes + size_bytes
        goes_in = name == SEGMENT or (name == CLUSTER and size is None)
        found.append((name, at, inside if goes_in else inside + size))
        at = found[-1][2]
    return found


def ends(name, data):
    return {end for _, end in boxes(data)} if name in BOXED else {end for _, _, end in elements(data)}


# ---- what is done to them

def cut(dice, name, data):
    edges = sorted(ends(name, data))
    at = dice.choice(edges[:-1]) + dice.choice([-1, 0, 0, 1, 7]) if dice.random() < 0.3 else dice.randrange(len(data))
    return data[:at], False


def extended(dice, name, data):
    junk = [b"\0", b"\0\0\0", b"<html>", b"junkjunkjunk", bytes(40)]
    return data + dice.choice(junk), False


def with_filler(dice, name, data):
    """Something that readers skip, behind the rest."""
    size = dice.choice([0, 1, 30, 5000])
    if name in ELEMENTS:
        return data + b"\xec" + (0x4000 | size).to_bytes(2, "big") + bytes(size), True
    kind = dice.choice([b"free", b"skip"])
    header = (size + 8).to_bytes(4, "big") + kind if dice.random() < 0.7 else b"\0\0\0\1" + kind + (size + 16).to_bytes(8, "big")
    return data + header + bytes(size), True


def rewritten(dice, name, data):
    """The same in another spelling: the last box to the end of the file, or with a large size."""
    if name not in BOXED:
        return data, True
    begin, end = boxes(data)[-1]
    box = data[begin:end]
    if dice.random() < 0.5 or box[4:8] == b"moov":
        return data[:begin] + b"\0\0\0\1" + box[4:8] + (len(box) + 8).to_bytes(8, "big") + box[8:], box[4:8] != b"mdat"
    return data[:begin] + b"\0\0\0\0" + box[4:], True


def without_one(dice, name, data):
    places = boxes(data) if name in BOXED else [one[1:] for one in elements(data) if one[0] != SEGMENT]
    begin, end = dice.choice(places)
    return data[:begin] + data[end:], False


def with_another_size(dice, name, data):
    """One bit of the size of a box or element."""
    if name in BOXED:
        at = dice.choice(boxes(data))[0] + dice.randrange(4)
    else:
        begin = dice.choice(elements(data))[1]
        at = begin + varint(data, begin, True)[1]
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1:], False


def video_document(dice):
    name = dice.choice(sorted(bases()))
    change = dice.choice([None, cut, cut, cut, extended, with_filler, rewritten, without_one, with_another_size])
    changed, is_sound = change(dice, name, bases()[name]) if change else (bases()[name], True)
    made = Video(changed)
    made.base, made.how, made.is_sound = name, change.__name__ if change else "whole", is_sound
    return made


# ---- what ffprobe reads

def seen(data):
    """None: it reads no video at all. A packet that is cut, or that it marks as damaged, does not count."""
    with tempfile.NamedTemporaryFile(prefix="reeltally-video-") as file:
        file.write(data)
        file.flush()
        done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_entries",
                               "format=format_name:format_tags=major_brand:stream=codec_type:packet=flags", file.name], capture_output=True)
    told = json.loads(done.stdout or b"{}")
    if done.returncode != 0 or not any(stream["codec_type"] == "video" for stream in told["streams"]):
        return None
    whole = sum("C" not in packet["flags"] for packet in told["packets"])
    return Seen(told["format"]["format_name"], told["format"].get("tags", {}).get("major_brand"), whole)


@functools.lru_cache(maxsize=None)
def packets_of(name):
    return seen(bases()[name]).packets


def may_lack(document):
    """Cut between two pieces a video that was written in pieces is a shorter one that is whole."""
    in_pieces = document.base in ("pieces.mp4", "pipe.webm", "live.webm")
    return in_pieces and document.how in ("cut", "without_one", "with_another_size")


def same_video(document, got):
    """What is taken as complete is read completely elsewhere, as the same container; what is sound is taken."""
    read = seen(document)
    expected = document.base, document.how, read
    if not got["extension"]:
        return expected, not document.is_sound
    if read is None or FORMATS[got["extension"]] != read.format or (got["extension"] == "mov") != (read.brand == "qt  "):
        return expected, False
    return expected, read.packets == packets_of(document.base) or (may_lack(document) and read.packets > 0)
