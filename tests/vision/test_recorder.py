# SPDX-License-Identifier: Apache-2.0
"""The last minutes of a camera: kept within limits, given out as pictures and clips, faces blurred."""

import asyncio
import resource
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.workplace import DATA
from edge.config.models import Recording
from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.vision import darkroom
from edge.vision.develop import Developed, Job, develop
from edge.vision.recorder import Recorder, newest, shots
from edge.vision.source import Frame, Image
from tests.vision.scene import START_US, frame

PERSON = Track(1, Kind.PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.9), START_US, START_US, seen=True, arrived=True,
               still_since_us=None)  # fmt: skip


def _checks() -> Image:
    """A picture in which whatever is blurred loses its squares."""
    rows, columns = np.mgrid[0:180, 0:320]
    return np.repeat(((rows // 4 + columns // 4) % 2 * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _record(folder: Path, seconds: int, fps: float = 2.0, **limits: float) -> None:
    recorder = Recorder(folder, Recording.model_validate({"fps": fps} | limits))
    for number in range(round(seconds * fps)):
        recorder.take(frame(number / fps, _checks()), (PERSON,))
    recorder.close()


def test_recording_reaches_back_as_far_as_it_may(tmp_path: Path) -> None:
    """Of three minutes one is kept, and never more than the bytes that are allowed."""
    _record(tmp_path / "time", 180, minutes=1)
    kept = [shot.at_us for shot in shots(tmp_path / "time", 0, 1 << 62)]
    assert 50 <= (kept[-1] - kept[0]) / 1e6 <= 80
    _record(tmp_path / "size", 180, fps=5, ring_mb=1)
    assert sum(one.stat().st_size for one in (tmp_path / "size").iterdir()) <= 1_000_000
    assert newest(tmp_path / "size")


def test_broken_off_segment_loses_its_last_picture(tmp_path: Path) -> None:
    """A power cut in the middle of a picture costs that picture."""
    _record(tmp_path, 8)
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes()[:-100])
    assert len(list(shots(tmp_path, 0, 1 << 62))) == 15


def test_what_a_power_cut_made_of_a_segment_ends_it(tmp_path: Path) -> None:
    """Blocks of noughts or other things at its end cost what they replaced, and the pictures before them are given."""
    _record(tmp_path, 8)
    (segment,) = tmp_path.iterdir()
    whole = segment.read_bytes()
    for end in (bytes(4096), b"\x00" * 8 + (4).to_bytes(4, "big") * 2 + b"[[1]JPEG"):
        segment.write_bytes(whole + end)
        assert len(list(shots(tmp_path, 0, 1 << 62))) == 16


def test_full_disk_spoils_no_picture_but_its_own(tmp_path: Path) -> None:
    """A picture of which the disk took a part is lost; those after it, when there is room again, are not."""
    recorder = Recorder(tmp_path, Recording.model_validate({"fps": 2}))
    recorder.take(frame(0, _checks()), ())
    (segment,) = tmp_path.iterdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 500, hard))
    try:
        recorder.take(frame(1, _checks()), ())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    recorder.take(frame(2, _checks()), ())
    recorder.close()
    assert [shot.at_us - START_US for shot in shots(tmp_path, 0, 1 << 62)] == [0, 2_000_000]


def test_recording_of_a_camera_that_stays_away_is_forgotten(tmp_path: Path) -> None:
    """What may be kept for five minutes is gone after them, though no picture came to push it out."""
    recorder = Recorder(tmp_path, Recording.model_validate({"fps": 2, "minutes": 5}))
    recorder.take(frame(0, _checks()), ())
    recorder.take(frame(200, _checks()), ())
    recorder.forget(START_US + 310_000_000)
    assert [shot.at_us - START_US for shot in shots(tmp_path, 0, 1 << 62)] == [200_000_000]
    recorder.forget(START_US + 510_000_000)
    assert list(tmp_path.iterdir()) == []
    recorder.take(frame(600, _checks()), ())
    recorder.close()
    assert [shot.at_us - START_US for shot in shots(tmp_path, 0, 1 << 62)] == [600_000_000]


def _develop(job: Job) -> Developed:
    return asyncio.run(develop(job))


def test_snapshot_hides_the_head_alone(tmp_path: Path) -> None:
    """The upper part of a person is unrecognisable in what leaves the device, and the rest is as it was."""
    _record(tmp_path / "rec", 3)
    out = tmp_path / "now.jpg"
    assert _develop(Job(folder=str(tmp_path / "rec"), out=str(out))).frames == 1
    image = cv2.imread(str(out), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    assert image[40:70, 130:190].std() < 40
    assert image[120:160, 130:190].std() > 100
    raw = tmp_path / "raw.jpg"
    _develop(Job(folder=str(tmp_path / "rec"), out=str(raw), blur=False))
    plain = cv2.imread(str(raw), cv2.IMREAD_GRAYSCALE)
    assert plain is not None
    assert plain[40:70, 130:190].std() > 100


def test_snapshot_hides_whom_nobody_followed(tmp_path: Path) -> None:
    """People whom the detector doubted too much to follow them are searched for once more before a picture leaves."""
    people = DATA / "street" / "images" / "coco_train"
    if not people.is_dir():
        pytest.skip("the street pictures are not on this machine")
    hidden = 0
    for number, file in enumerate(sorted(people.iterdir())[:6]):
        recording, out, raw = (tmp_path / f"{number}-{name}" for name in ("rec", "now.jpg", "raw.jpg"))
        image = np.asarray(cv2.imread(str(file)), np.uint8)
        recorder = Recorder(recording, Recording())
        recorder.take(Frame(START_US, image), ())
        recorder.close()
        job = Job(folder=str(recording), out=str(out), model="dongtou_street")
        darkroom.develop(job)
        darkroom.develop(job.model_copy(update={"out": str(raw), "blur": False}))
        blurred, plain = (np.asarray(cv2.imread(str(made)), np.int16) for made in (out, raw))
        hidden += bool((np.abs(blurred - plain) > 40).any())
    assert hidden >= 3


def test_clip_lasts_as_long_as_what_it_shows(tmp_path: Path) -> None:
    """Twelve seconds of pictures that came twice a second make a film of twelve seconds."""
    _record(tmp_path / "rec", 40)
    out = tmp_path / "clip.mp4"
    span = {"from_us": START_US + 15_000_000, "to_us": START_US + 27_000_000}
    made = _develop(Job(folder=str(tmp_path / "rec"), out=str(out), **span))
    assert made.frames == 25
    film = cv2.VideoCapture(str(out), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    seconds = film.get(cv2.CAP_PROP_FRAME_COUNT) / film.get(cv2.CAP_PROP_FPS)
    film.release()
    assert abs(seconds - 12) < 0.5
    nothing = _develop(Job(folder=str(tmp_path / "rec"), out=str(out), from_us=1, to_us=2))
    assert nothing.frames == 0
