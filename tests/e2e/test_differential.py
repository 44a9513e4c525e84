"""A small part of `tools/torture differential`: other implementations read the same."""
import pytest

import containers
import differential

FFPROBE = pytest.mark.skipif(not containers.can_compare(), reason="there is no ffprobe")


@pytest.mark.parametrize("kind", [kind for kind in differential.KINDS if kind != "video"])
def test_others_read_the_same(kind):
    differential.compare(kind, seed=7, count=200)


@FFPROBE
def test_ffprobe_reads_what_is_taken_for_a_video():
    differential.compare("video", seed=7, count=40)  # each is a process of ffprobe


@FFPROBE
def test_a_video_that_is_judged_otherwise_is_seen():
    whole = containers.bases()["fast.mp4"]

    def judged(data, extension, is_sound=False):
        video = containers.Video(data)
        video.base, video.how, video.is_sound = "fast.mp4", "cut", is_sound
        return containers.same_video(video, {"extension": extension, "failure": ""})[1]
    assert judged(whole, "mp4", True)
    assert not judged(whole, "", True), "refused, though it is whole"
    assert not judged(whole, "mov") and not judged(whole, "webm"), "another container"
    assert not judged(whole[:-100], "mp4") and judged(whole[:-100], ""), "cut in its last picture"
    assert not judged(whole[:500], "mp4"), "cut in its index"


@pytest.mark.parametrize("kind, document, got", [
    ("json", b'{"a":1e0}', {"o": [["a", {"n": "1.0"}]]}), ("json", b"[1", {"o": []}), ("csv", b'a,"b"', [["a", "b "]]),
    ("decimal", b"* 0.1 0.1", "0.010000000000000001"), ("decimal", b"0 0.5 1", "1"),
    ("period", b"2026-03-29 Europe/Berlin", [1774738800000, 1774825200000]), ("instant", b"0 Asia/Kolkata", "1970-01-01T05:30:00Z")])
def test_a_difference_is_seen(kind, document, got):
    _, is_same = differential.KINDS[kind][1](document, got)
    assert not is_same


def test_a_difference_names_its_seed(monkeypatch):
    monkeypatch.setattr(differential, "read_all", lambda kind, documents: [["9"]] * len(documents))
    with pytest.raises(differential.Difference, match="csv, seed 3: "):
        differential.compare("csv", seed=3, count=5)
