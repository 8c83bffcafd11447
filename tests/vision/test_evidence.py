# SPDX-License-Identifier: Apache-2.0
"""The picture ring keeps to its limit, and tracks get the pictures they should."""

import hashlib
import os
import resource
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config.models import Evidence
from edge.contract.problems import ProblemError
from edge.core.geometry import Box
from edge.core.tracks import Kind, PictureRef, Track
from edge.vision.evidence import FEWEST, Photographer, PictureRing
from tests.vision.scene import START_US, frame

BOX = Box(0.25, 0.25, 0.5, 0.5)


def _track(number: int = 1, *, kind: Kind = Kind.CAR, still: bool = True, seen: bool = True) -> Track:
    since_us = START_US if still else None
    return Track(number, kind, 0.9, BOX, START_US, START_US, seen, arrived=True, still_since_us=since_us)


def _settings(**changes: float) -> Evidence:
    return Evidence.model_validate({"every_s": 1.0, "ring_mb": 1, "jpeg_quality": 80, "width": 320} | changes)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def photographer(tmp_path: Path) -> Photographer:
    return Photographer(PictureRing(tmp_path, 10**6), _settings())


def test_picture_is_a_file_named_by_its_hash(tmp_path: Path) -> None:
    """A reference names a file whose bytes have that hash and size."""
    kept = PictureRing(tmp_path, 1000).keep(b"picture", 5)
    assert kept == PictureRef(hashlib.sha256(b"picture").hexdigest(), 7, "image/jpeg", 5)
    assert (tmp_path / f"{kept.sha256}.jpg").read_bytes() == b"picture"


def test_oldest_go_when_the_ring_is_full(tmp_path: Path) -> None:
    """After every picture the folder holds no more than the limit, and the newest are those that are left."""
    ring = PictureRing(tmp_path, 1000)
    kept = [ring.keep(bytes([number]) * 300, number) for number in range(10)]
    assert ring.total_bytes == sum(path.stat().st_size for path in tmp_path.iterdir()) == 900
    assert _names(tmp_path) == {f"{one.sha256}.jpg" for one in kept[-3:]}


def test_ring_gives_way_on_a_crowded_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the outbox must give up a row the ring shrinks, down to the few pictures that a case needs."""
    ring = PictureRing(tmp_path, 1_000_000)
    for number in range(10):
        ring.keep(bytes([number]) * 1000, number)
    monkeypatch.setattr("edge.vision.evidence.SPARE_BYTES", 1 << 62)
    ring.keep(b"x" * 1000, 10)
    assert ring.total_bytes == (FEWEST + 1) * 1000
    assert len(list(tmp_path.glob("*.jpg"))) == FEWEST + 1


def test_restart_keeps_the_ring(tmp_path: Path) -> None:
    """A new ring takes up the old one's pictures, oldest first, and removes what was left half written."""
    ring = PictureRing(tmp_path, 1000)
    kept = [ring.keep(bytes([number]) * 300, number) for number in range(3)]
    for age, one in enumerate(kept):
        os.utime(tmp_path / f"{one.sha256}.jpg", (1000 + age, 1000 + age))
    (tmp_path / "half.tmp").write_bytes(b"half")
    (tmp_path / f"{'0' * 64}.jpg").touch()
    again = PictureRing(tmp_path, 1000)
    assert again.total_bytes == 900
    newest = again.keep(b"x" * 300, 9)
    assert _names(tmp_path) == {f"{one.sha256}.jpg" for one in (*kept[1:], newest)}


def test_picture_taken_away_is_no_trouble(tmp_path: Path) -> None:
    """Files may vanish from the ring or be linked elsewhere; the ring goes on either way."""
    ring = PictureRing(tmp_path / "ring", 700)
    first, second = (ring.keep(bytes([number]) * 300, number) for number in range(2))
    (tmp_path / "ring" / f"{first.sha256}.jpg").unlink()
    os.link(tmp_path / "ring" / f"{second.sha256}.jpg", tmp_path / "kept")
    for number in range(2, 5):
        ring.keep(bytes([number]) * 300, number)
    assert ring.total_bytes == 600
    assert (tmp_path / "kept").read_bytes() == b"\x01" * 300


def test_same_picture_counts_once(tmp_path: Path) -> None:
    """Two pictures with the same bytes are one file, counted once, and young again."""
    ring = PictureRing(tmp_path, 1000)
    for at_us in (1, 2, 3):
        ring.keep(b"same" * 50, at_us)
    assert ring.total_bytes == 200


def test_pictures_at_their_interval(photographer: Photographer, tmp_path: Path) -> None:
    """With a vehicle there is a scene at once and then one each second, whatever the frame rate."""
    scenes = [photographer.accompany(frame(number / 5), (_track(still=False),)).scene for number in range(16)]
    taken = [scene.taken_us - START_US for scene in scenes if scene]
    assert len(taken) == 16
    assert sorted(set(taken)) == [0, 1_000_000, 2_000_000, 3_000_000]


def test_closeups_of_standing_vehicles_only(photographer: Photographer) -> None:
    """Who moves, hides or is no vehicle gets no close-up; who stands gets one with a margin around the box."""
    tracks = (_track(1), _track(2, still=False), _track(3, seen=False), _track(4, kind=Kind.PERSON))
    pictures = photographer.accompany(frame(0), tracks)
    assert [one.closeup is not None for one in pictures.tracks] == [True, False, False, False]


def _sizes(folder: Path, *pictures: PictureRef | None) -> list[tuple[int, ...]]:
    """Width and height of stored pictures, as decoded, which must be what is said of them."""
    found: list[tuple[int, ...]] = []
    for picture in pictures:
        assert picture
        rows, columns, _ = np.asarray(cv2.imread(str(folder / f"{picture.sha256}.jpg"))).shape
        assert picture.pixels == (columns, rows)
        found.append((columns, rows))
    return found


@pytest.mark.parametrize(
    ("camera", "width", "scene", "closeup"),
    [
        ((2560, 1440), 1920, (1920, 1080), (832, 468)),
        ((2560, 1440), 640, (1280, 720), (832, 468)),
        ((2560, 1080), 1280, (1707, 720), (832, 350)),
        ((704, 576), 640, (704, 576), (228, 188)),
    ],
    ids=str,
)
def test_pictures_are_as_large_as_evidence_must_be(
    tmp_path: Path, camera: tuple[int, int], width: int, scene: tuple[int, int], closeup: tuple[int, int]
) -> None:
    """A scene is narrowed, never below 1280 x 720 if the camera gives it; a close-up is cut from the full picture."""
    photographer = Photographer(PictureRing(tmp_path, 10**7), _settings(width=width))
    image = np.zeros((camera[1], camera[0], 3), np.uint8)
    pictures = photographer.accompany(frame(0, image), (_track(),))
    cut = pictures.tracks[0].closeup
    assert _sizes(tmp_path, pictures.scene, cut) == [scene, closeup]
    assert pictures.scene
    assert pictures.scene.camera_pixels == camera
    assert photographer.cut_out(frame(0, image), BOX) == cut


def test_hidden_car_keeps_its_last_closeup(photographer: Photographer) -> None:
    """While somebody stands in front of it, a vehicle goes with the close-up from before."""
    before = photographer.accompany(frame(0), (_track(),)).tracks[0].closeup
    after = photographer.accompany(frame(2), (_track(seen=False),)).tracks[0].closeup
    assert before is not None
    assert after == before


def test_no_picture_from_before_it_came(photographer: Photographer) -> None:
    """After the street was empty, the next vehicle is never shown with an older scene or another's close-up."""
    photographer.accompany(frame(0), (_track(1),))
    assert photographer.accompany(frame(0.2), ()).scene is None
    pictures = photographer.accompany(frame(0.4), (_track(2, still=False),))
    assert pictures.scene
    assert pictures.scene.taken_us == START_US + 400_000
    assert pictures.tracks[0].closeup is None


def test_full_disk_is_not_filled_with_halves(tmp_path: Path) -> None:
    """A picture of which the disk takes a part leaves nothing behind: no limit would ever count it."""
    ring = PictureRing(tmp_path, 1_000_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        with pytest.raises(ProblemError):
            ring.keep(bytes(1000), 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert _names(tmp_path) == set()
    assert ring.total_bytes == 0


def test_full_disk_costs_pictures_only(tmp_path: Path) -> None:
    """A ring that cannot be written is told as a problem, and tracks go on without pictures."""
    (tmp_path / "ring").write_text("a file where the folder should be")
    photographer = Photographer(PictureRing(tmp_path / "ring", 1000), _settings())
    pictures = photographer.accompany(frame(0), (_track(),))
    assert (pictures.scene, pictures.tracks[0].closeup) == (None, None)
    assert isinstance(photographer.problem, ProblemError)
    assert photographer.problem.problem.code == "evidence-unwritable"
    photographer.problem = None
    assert photographer.cut_out(frame(0), BOX) is None
    assert isinstance(photographer.problem, ProblemError)
