# SPDX-License-Identifier: Apache-2.0
"""Files, folders and streams as sources of frames, and what a broken one says."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract.problems import ProblemError
from edge.vision.source import Frame, FrameSource
from edge.vision.sources.open import is_live, open_source
from tests.vision.scene import a_camera, grey, recording


def _film(path: Path, frames: int = 30, size: tuple[int, int] = (160, 120)) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, size)
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), number * 8 % 256, np.uint8))
    writer.release()
    return path


def _all(source: FrameSource) -> list[Frame]:
    frames = list(iter(source.read, None))
    source.close()
    return frames


def _code(path: Path) -> str:
    with pytest.raises(ProblemError) as failed:
        _all(open_source(a_camera(str(path))))
    return failed.value.problem.code


def test_film_is_read_whole_at_its_own_times(tmp_path: Path) -> None:
    """Every frame of a film comes once, a tenth of a second apart at ten frames a second."""
    frames = _all(open_source(a_camera(str(_film(tmp_path / "film.mp4")))))
    assert len(frames) == 30
    assert [round((one.at_us - frames[0].at_us) / 1e5) for one in frames] == list(range(30))
    assert frames[0].image.shape == (120, 160, 3)


def test_unwanted_frames_are_passed_over(tmp_path: Path) -> None:
    """A source gives wanted frames only, and asks about each."""
    asked: list[int] = []

    def every_third(at_us: int) -> bool:
        asked.append(at_us)
        return len(asked) % 3 == 0

    source = open_source(a_camera(str(_film(tmp_path / "film.mp4"))))
    taken = []
    while (frame := source.read(every_third)) is not None:
        taken.append(frame.at_us)
    assert taken == asked[2::3]
    assert len(asked) == 30


def test_folder_of_pictures_is_a_film(tmp_path: Path) -> None:
    """Numbered pictures come in the order of their names at the camera's rate; other files are left alone."""
    for number in (2, 10, 1):
        cv2.imwrite(str(tmp_path / f"in{number:06}.png"), grey(number * 10))
    (tmp_path / "readme.txt").write_text("not a picture")
    frames = _all(open_source(a_camera(str(tmp_path), fps=4)))
    assert [int(one.image[0, 0, 0]) for one in frames] == [10, 20, 100]
    assert [one.at_us - frames[0].at_us for one in frames] == [0, 250_000, 500_000]


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    """A path that does not exist, and a folder without pictures, are told by name."""
    (tmp_path / "empty").mkdir()
    assert _code(tmp_path / "nothing.mp4") == "video-missing"
    assert _code(tmp_path / "empty") == "video-missing"


@pytest.mark.parametrize("content", [b"", b"hello" * 1000], ids=["empty", "text"])
def test_what_is_no_film_is_unreadable(tmp_path: Path, content: bytes) -> None:
    """A file that no decoder accepts is a problem with a next step, not a crash."""
    (tmp_path / "film.mp4").write_bytes(content)
    assert _code(tmp_path / "film.mp4") == "video-unreadable"


def test_damaged_picture_is_unreadable(tmp_path: Path) -> None:
    """A picture in a folder that cannot be decoded is told by name."""
    (tmp_path / "in1.jpg").write_bytes(b"no picture")
    assert _code(tmp_path) == "video-unreadable"


def test_film_without_its_index_is_unreadable(tmp_path: Path) -> None:
    """An MP4 that was cut off before its index, as by a power cut while recording, says so."""
    film = _film(tmp_path / "film.mp4")
    film.write_bytes(film.read_bytes()[:-800])
    assert _code(film) == "video-unreadable"


@pytest.mark.parametrize("name", ["road_overhead_768x432.mp4", "road_640x360.avi"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_recording_says_where_it_breaks(tmp_path: Path, name: str, share: float) -> None:
    """A real recording that was cut off gives what is left, and then the number of frames that are missing."""
    whole = recording(name).read_bytes()
    (tmp_path / name).write_bytes(whole[: round(len(whole) * share)])
    source = open_source(a_camera(str(tmp_path / name)))
    read: list[Frame] = []
    with pytest.raises(ProblemError) as failed:
        read.extend(iter(source.read, None))
    assert failed.value.problem.code == "video-truncated"
    assert failed.value.problem.detail["frames"] == len(read)
    assert len(read) > 100


@pytest.mark.parametrize("name", ["road_overhead_768x432.mp4", "road_640x360.avi"])
def test_real_recording_is_whole(name: str) -> None:
    """Real recordings are read to the end with capture times that rise, some thirty seconds of them."""
    times_us = [one.at_us for one in _all(open_source(a_camera(str(recording(name)))))]
    assert times_us == sorted(set(times_us))
    assert 29 < (times_us[-1] - times_us[0]) / 1e6 < 31


def test_tiny_film_does_not_kill(tmp_path: Path) -> None:
    """A 48 x 48 AVI, over which OpenCV's own reader aborts the process, is read to its end."""
    writer = cv2.VideoWriter(str(tmp_path / "tiny.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (48, 48))
    for number in range(51):
        writer.write(np.full((48, 48, 3), number * 4, np.uint8))
    writer.release()
    assert len(_all(open_source(a_camera(str(tmp_path / "tiny.avi"))))) == 51


@pytest.mark.parametrize("source", ["ftp://camera/1", "rtp://1.2.3.4"])
def test_unknown_address_is_refused(source: str) -> None:
    """An address of a kind that is not supported is refused before anything is opened."""
    with pytest.raises(ProblemError) as refused:
        open_source(a_camera(source))
    assert refused.value.problem.code == "source-invalid"


def test_dead_camera_is_unreachable_without_its_password() -> None:
    """A camera that does not answer is told by its address, which no longer shows the password."""
    with pytest.raises(ProblemError) as failed:
        open_source(a_camera("rtsp://admin:secret@127.0.0.1:1/stream"))
    assert failed.value.problem.code == "camera-unreachable"
    assert failed.value.problem.detail["source"] == "rtsp://admin:***@127.0.0.1:1/stream"


def test_an_address_that_nobody_can_open_is_told_without_its_password() -> None:
    """Also where the scheme is none of ours, nothing secret goes into a problem."""
    with pytest.raises(ProblemError) as failed:
        open_source(a_camera("rtmp://admin:secret@127.0.0.1/live"))
    assert failed.value.problem.detail["source"] == "rtmp://admin:***@127.0.0.1/live"


def test_cameras_are_live_whatever_the_pace() -> None:
    """Only recordings can be read as fast as possible; a stream is live even if the configuration says fast."""
    fast = [a_camera(source) for source in ("rtsp://x/1", "/dev/video0", "0", "street:demo", "film.mp4")]
    assert [is_live(camera) for camera in fast] == [True, True, True, False, False]
    assert is_live(a_camera("film.mp4", pace="live"))


def test_street_goes_on_where_it_was() -> None:
    """With `begin`, a street opened later is further on: a worker started again sees the same car still standing."""
    early = open_source(a_camera("street:demo?end_s=3600")).read()
    assert early
    begun_s = early.at_us / 1e6 - 3590
    frames = _all(open_source(a_camera(f"street:quiet?end_s=3600&begin={begun_s}&fps=5")))
    assert 20 < len(frames) <= 50
