# SPDX-License-Identifier: Apache-2.0
"""Fixed cameras made of what there is: clips as they are, pictures of one camera one after another, single pictures.

A picture that is held is given the grain of a sensor, different each time, so that it lives as a camera's does.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import picture
from benchmarks.figures import progress
from edge.vision.source import Image
from edge.vision.sources.dated import pictures as pictures_of

CLIP_FPS: Final = 25.0
THIN_FPS: Final = 5.0
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
        files = pictures_of(inside) if inside.is_dir() else []
        pictures = _of_one_size(one for one in map(picture, files[:: max(1, len(files) // 40)]) if one is not None)
        if pictures:
            found.append(Scene(folder.name, pictures, 1 / HELD_S, moves=False))
    return found + list(_street(data / "street"))


def _of_one_size(pictures: Iterable[Image]) -> list[Image]:
    """Those of the size that most have: a camera does not change its own."""
    by_size: dict[tuple[int, ...], list[Image]] = defaultdict(list)
    for one in pictures:
        by_size[one.shape].append(one)
    most = max(by_size.values(), key=len, default=[])
    others = sum(map(len, by_size.values())) - len(most)
    if others:
        progress(f"  {others} pictures of another size are left out")
    return most


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
        frames = _of_one_size(_in_folder(file) if file.is_dir() else _in_clip(file))
        if frames:
            yield Scene(file.stem, frames, THIN_FPS, moves=True)


def _in_folder(folder: Path) -> Iterator[Image]:
    files = pictures_of(folder / "input" if (folder / "input").is_dir() else folder)
    for file in files[:: round(CLIP_FPS / THIN_FPS)]:
        image = picture(file)
        if image is not None:
            yield image


def _in_clip(file: Path) -> Iterator[Image]:
    film = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    every = max(1, round((film.get(cv2.CAP_PROP_FPS) or CLIP_FPS) / THIN_FPS))
    number = 0
    while film.grab():
        if number % every == 0 and (read := film.retrieve())[0]:
            yield np.asarray(read[1], np.uint8)
        number += 1
    film.release()


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
        if not pictures:
            continue
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
