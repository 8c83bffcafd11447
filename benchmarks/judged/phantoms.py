# SPDX-License-Identifier: Apache-2.0
"""What detectors make of a lot with no car in it, and of cars from straight above, which street pictures seldom show.

Both are told beside the detector's own figures: an empty lot by the share of pictures in which something is called a
vehicle, the clip from above by the share of frames in which a car is found where the road differs from its own median.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import picture
from benchmarks.figures import progress
from edge.core.geometry import Box
from edge.core.tracks import VEHICLES
from edge.vision.detector import Detector
from edge.vision.source import Image

_EVERY: Final = 3
_DIFFERENT: Final = 28
_LEAST: Final = 0.008
"""Part of the picture that a car covers at least in the clip from above."""
_OVERLAP: Final = 0.3


def tell(data: Path, eyes: Mapping[str, Detector]) -> None:
    """Tell both of every detector, as far as the pictures are there."""
    empty = sorted((data / "parking" / "empty_sunday").glob("**/*.jpg"))
    if empty:
        for who, eye in eyes.items():
            seen = sum(image is not None and _sees(eye, image) for image in map(picture, empty))
            progress(f"  empty lot: {who} sees a vehicle in {seen} of {len(empty)} pictures")
    for clip in sorted((data / "video").glob("*overhead*")):
        told = dict.fromkeys(eyes, 0)
        frames = list(_with_cars(clip))
        for image, cars in frames:
            for who, eye in eyes.items():
                told[who] += _finds(eye, image, cars)
        for who, count in told.items():
            progress(f"  from above: {who} finds a car in {count} of {len(frames)} frames of {clip.name} that show one")


def _sees(eye: Detector, image: Image) -> bool:
    return any(one.kind in VEHICLES for one in eye.detect(image))


def _finds(eye: Detector, image: Image, cars: list[Box]) -> bool:
    found = [one.box for one in eye.detect(image) if one.kind in VEHICLES]
    return any(box.iou(car) >= _OVERLAP for box in found for car in cars)


def _with_cars(clip: Path) -> Iterator[tuple[Image, list[Box]]]:
    """Every third frame that differs from the clip's median as a car does, and where."""
    frames = _frames(clip)
    if not frames:
        return
    empty = np.median(np.stack(frames[:: max(1, len(frames) // 40)]), axis=0).astype(np.uint8)
    for image in frames[::_EVERY]:
        difference = image.astype(np.int16) - empty
        # A white car lets the exposure sink: what the whole picture has in common is light, not cars.
        difference -= np.median(difference, axis=(0, 1)).astype(np.int16)
        changed = (np.abs(difference).max(axis=2) > _DIFFERENT).astype(np.uint8)
        whole = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
        whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((15, 15), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(whole)
        rows, columns = whole.shape
        cars = [
            Box(x / columns, y / rows, (x + w) / columns, (y + h) / rows)
            for x, y, w, h, area in stats[1:].tolist()
            if area > _LEAST * rows * columns
        ]
        if cars:
            yield image, cars


def _frames(clip: Path) -> list[Image]:
    film = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    frames = []
    while (read := film.read())[0]:
        frames.append(np.asarray(read[1], np.uint8))
    film.release()
    return frames
