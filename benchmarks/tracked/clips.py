# SPDX-License-Identifier: Apache-2.0
"""Real clips of a fixed camera: detections once for all trackers, and who is who by a much denser look.

A detector looks at every frame, 25 a second. Boxes that follow each other beyond doubt there, overlapping by half and
with no second candidate near, are one and the same; trackers are then given every fifth frame, as a device would look.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.tracked.eye import Real
from benchmarks.tracked.films import Moment
from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.detector import Detection, Detector
from edge.vision.source import Image

FPS = 25.0
EVERY = 5
FOLLOWS, DOUBTFUL = 0.5, 0.2
"""Overlap (IoU) of one and the same from frame to frame, and of a second candidate that makes it doubtful."""
SURE = 0.3
"""Score of a look that may begin a chain."""
GAP = 5
"""Frames that a chain may miss its detection."""
LEAST = 15
"""Frames of a chain that counts."""


@dataclass(slots=True)
class Chain:
    """One thing, as the dense looks follow it."""

    number: int
    boxes: dict[int, Box]

    @property
    def last(self) -> int:
        """The frame in which it was last seen."""
        return max(self.boxes)

    def expected(self, frame: int) -> Box:
        """Where it should be, by its last two looks."""
        frames = sorted(self.boxes)[-4:]
        here = self.boxes[frames[-1]]
        if len(frames) < 2:
            return here
        there = self.boxes[frames[0]]
        part = (frame - frames[-1]) / (frames[-1] - frames[0])
        across, down = part * (here.foot.x - there.foot.x), part * (here.foot.y - there.foot.y)
        return Box(here.left + across, here.top + down, here.right + across, here.bottom + down)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip with all that trackers and their judge need."""

    name: str
    pictures: list[Image]
    found: list[list[Detection]]
    chains: list[Chain]

    def play(self) -> Iterator[Moment]:
        """Every fifth frame."""
        for frame in range(0, len(self.pictures), EVERY):
            real = [Real(one.number, Kind.VEHICLE, one.boxes[frame]) for one in self.chains if frame in one.boxes]
            yield Moment(round(frame / FPS * 1e6) + 1, self.pictures[frame], real, self.found[frame])


def read_clips(folder: Path, detector: Detector, *, quick: bool) -> list[Clip]:
    """The roadside clip and the highway; those that are not there are left out."""
    clips = []
    for name, pictures in (
        ("road", _film(folder / "road_640x360.avi")),
        ("highway", _folder(folder / "highway_frames" / "input")),
    ):
        if pictures:
            kept = pictures[:50] if quick else pictures
            found = [detector.detect(picture) for picture in kept]
            clips.append(Clip(name, kept, found, chains(found)))
    return clips


def chains(found: Sequence[Sequence[Detection]]) -> list[Chain]:
    """Who goes on beyond doubt from frame to frame; whatever is doubtful ends its chain."""
    live: list[Chain] = []
    done: list[Chain] = []
    for frame, detections in enumerate(found):
        boxes = [one.box for one in detections]
        nexts = _continued(live, frame, boxes)
        ended = [one for one in live if frame - one.last > GAP or nexts.get(one.number, -1) == DOUBT]
        done += ended
        live = [one for one in live if one not in ended]
        for one in live:
            if one.number in nexts:
                one.boxes[frame] = boxes[nexts[one.number]]
        free = [one.box for place, one in enumerate(detections) if place not in nexts.values() and one.score >= SURE]
        live += [Chain(len(done) + len(live) + place, {frame: box}) for place, box in enumerate(free)]
    return [one for one in (*done, *live) if len(one.boxes) >= LEAST]


DOUBT = -2


def _continued(live: Sequence[Chain], frame: int, boxes: Sequence[Box]) -> dict[int, int]:
    """The box of each chain that has one, `DOUBT` where two could be it or it could be another's."""
    overlaps = np.array([[one.expected(frame).iou(box) for box in boxes] for one in live]).reshape(
        len(live), len(boxes)
    )
    nexts = {}
    for row, one in enumerate(live):
        likely = np.flatnonzero(overlaps[row] >= DOUBTFUL)
        if not len(likely):
            continue
        best = int(overlaps[row].argmax())
        rivals = np.flatnonzero(overlaps[:, best] >= DOUBTFUL)
        if overlaps[row, best] >= FOLLOWS and len(likely) == len(rivals) == 1:
            nexts[one.number] = best
        elif len(likely) > 1 or len(rivals) > 1:
            nexts[one.number] = DOUBT
    return nexts


def _film(path: Path) -> list[Image]:
    film = cv2.VideoCapture(str(path))
    pictures = []
    while (read := film.read())[0]:
        pictures.append(np.asarray(read[1], np.uint8))
    return pictures


def _folder(path: Path) -> list[Image]:
    return [np.asarray(cv2.imread(str(one)), np.uint8) for one in sorted(path.glob("*.jpg"))]
