# SPDX-License-Identifier: Apache-2.0
"""Fixed cameras made of what there is: clips as they are, pictures of one camera one after another, single pictures.

A picture that is held is given the grain of a sensor, different each time, so that it lives as a camera's does.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import picture
from edge.vision.source import Image
from edge.vision.sources.dated import ENDINGS

CLIP_FPS: Final = 25.0
HELD_S: Final = 9.0
"""So long each picture of a camera is held that took one now and then."""
GRAIN: Final = 2.0
FIXED: Final = ("manaus_city_cctv", "atl_roads", "topview_highways")
"""Sources of street pictures in which cameras stand on poles and bridges."""
SINGLES: Final = 24
SAME_CAMERA: Final = 0.75
"""Correlation of two pictures' static outlines, from which on one camera took both and was not touched between."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What one camera sees, over and over; `moves` where a clip shows true motion."""

    name: str
    pictures: Sequence[Image]
    per_s: float
    moves: bool

    def at(self, at_s: float) -> Image:
        """The picture of that time; after its end a clip begins anew."""
        return self.pictures[int(at_s * self.per_s) % len(self.pictures)]


def scenes(data: Path, *, clips_only: bool = False) -> list[Scene]:
    """All that are there. Clips are thinned out to 5 pictures a second."""
    found = list(_clips(data / "video"))
    if clips_only:
        return found
    for folder in sorted((data / "parking").glob("*")):
        inside = folder / "frames" if (folder / "frames").is_dir() else folder
        files = sorted(file for file in inside.iterdir() if file.suffix.lower() in ENDINGS)
        pictures = [one for one in map(picture, files[:: max(1, len(files) // 40)]) if one is not None]
        if pictures:
            found.append(Scene(folder.name, pictures, 1 / HELD_S, moves=False))
    return found + list(_street(data / "street"))


def grains(scene: Scene, seed: int = 3) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    """A sensor's noise for pictures of this size, for ever; of clips, which have their own, none."""
    rows, columns = scene.pictures[0].shape[:2]
    chance = np.random.default_rng(seed)
    strong = 0.0 if scene.moves else GRAIN
    sheet = chance.normal(0, strong, (rows + 64, columns + 64, 3)).astype(np.int16)
    while True:
        down, across = chance.integers(0, 64, 2)
        yield sheet[down : down + rows, across : across + columns]


def _clips(folder: Path) -> Iterator[Scene]:
    for file in sorted(folder.glob("*")):
        if file.is_dir():
            frames = [one for one in map(picture, sorted((file / "input").glob("*.jpg"))[::5]) if one is not None]
            rate = CLIP_FPS
        else:
            film = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
            rate = film.get(cv2.CAP_PROP_FPS) or CLIP_FPS
            frames = []
            while (read := film.read())[0]:
                frames.append(np.asarray(read[1], np.uint8))
            film.release()
            frames = frames[:: round(rate / 5)]
        if frames:
            yield Scene(file.stem, frames, 5.0, moves=True)


def _street(folder: Path) -> Iterator[Scene]:
    """Series of one camera, as their names and their outlines say; then single pictures, evenly over the sources."""
    if not (folder / "index.csv").exists():
        return
    series: dict[str, list[Path]] = defaultdict(list)
    with (folder / "index.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["source"] in FIXED:
                series[_camera(row)].append(folder / "images" / row["source"] / row["file"])
    single: list[tuple[str, Path]] = []
    for name, files in sorted(series.items()):
        pictures = [one for one in map(picture, files) if one is not None]
        alike = [one for one in pictures if _same_view(pictures[0], one)]
        if len(alike) >= 3:
            yield Scene(name, alike, 1 / HELD_S, moves=False)
        else:
            single.append((name, files[0]))
    for number, (name, file) in enumerate(single[:: max(1, len(single) // SINGLES)]):
        image = picture(file)
        if image is not None:
            yield Scene(f"{name}.{number}", [image], 1 / HELD_S, moves=False)


def _camera(row: dict[str, str]) -> str:
    stem = row["origin_path"].rsplit("/", 1)[-1].split(".rf.", maxsplit=1)[0]
    stem = re.sub(r"(_jpg|_png|_mp4.*)$", "", stem)
    return f"{row['source'][:6]}/{re.sub(r'[0-9]+$', '', stem)[:24]}"


def _same_view(one: Image, other: Image) -> bool:
    return one.shape == other.shape and float(np.corrcoef(_outline(one).ravel(), _outline(other).ravel())[0, 1]) > (
        SAME_CAMERA
    )


def _outline(image: Image) -> Image:
    grey = cv2.cvtColor(cv2.resize(image, (160, 90), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S)), (0, 0), 1.0), np.uint8)
