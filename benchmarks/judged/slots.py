# SPDX-License-Identifier: Apache-2.0
"""How often a parking space is called occupied or free rightly, on frames each of which is looked at on its own.

`parking/*/frames` with `parking/*/bounding_boxes/NAME.xml` of the PKLot layout, whatever the folders' names; spaces
that the XML says nothing of do not count, and what else is left out is told on stderr. Classifier, detector in tiles,
association by ground footprint and their weighing are those of the device; its hysteresis needs frames seconds apart,
which these are not. Time is processor time of everything from the decoded picture on.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import cv2

from benchmarks.eyes import OURS, detector
from benchmarks.figures import Figures, median, progress
from benchmarks.judged.left_out import LeftOut, pictures
from edge.core.errands import Corners
from edge.core.geometry import Polygon
from edge.core.tracks import VEHICLES
from edge.roles.parking.evidence import footings, weighed
from edge.vision.detector import Detector
from edge.vision.source import Image
from edge.vision.spaces.classifier import SpaceClassifier, shipped

TILES: Final = (2, 2)
THRESHOLD: Final = 0.15
"""Lower than for cases: what the pixels of a space deny, a faint vehicle alone does not fill."""
LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A frame with the spaces that somebody has judged: name, outline in pixels, and whether a car stands there."""

    file: Path
    spaces: tuple[tuple[str, Corners, bool], ...]


def measure(data: Path) -> Figures:
    """`accuracy`, `f1` of "occupied", `samples` and `cpu_ms_per_frame` over all labelled frames.

    Raises `OSError` where there are none.
    """
    return judge(data, shipped([]))


def judge(data: Path, classifier: SpaceClassifier) -> Figures:
    """The same with another classifier, such as one that has not seen the day it is asked about."""
    cv2.setNumThreads(1)
    finder = detector(OURS, data / "models", tiles=TILES, threshold=THRESHOLD)
    right = hits = made_up = missed = 0
    spent: list[float] = []
    left_out = LeftOut()
    for frame in labelled(data / "parking", left_out):
        image = left_out.picture(frame.file)
        if image is None:
            continue
        began = time.process_time()
        busy = occupied(image, [(name, corners) for name, corners, _ in frame.spaces], classifier, finder)
        spent.append(time.process_time() - began)
        for name, _, truth in frame.spaces:
            right += busy[name] == truth
            hits += busy[name] and truth
            made_up += busy[name] and not truth
            missed += truth and not busy[name]
            if busy[name] != truth:
                progress(f"  {frame.file.parent.parent.name} {frame.file.stem} space {name}: occupied is {truth}")
    samples = right + made_up + missed
    left_out.tell(len(spent), "frames")
    if not samples:
        raise FileNotFoundError(
            f"no space is labelled in {data / 'parking'}: frames are looked for as NAME/frames/FRAME.jpg or .png, "
            "their spaces as NAME/bounding_boxes/FRAME.xml in the layout of PKLot"
        )
    return {
        "accuracy": round(right / samples, 5),
        "f1": round(2 * hits / max(1, 2 * hits + made_up + missed), 5),
        "samples": samples,
        "cpu_ms_per_frame": round(median(spent) * 1e3, 1),
    }


def occupied(
    image: Image, spaces: list[tuple[str, Corners]], classifier: SpaceClassifier, finder: Detector
) -> dict[str, bool]:
    """What one frame says of each space; outlines in pixels."""
    height, width = image.shape[:2]
    outlines = {name: tuple((x / width, y / height) for x, y in corners) for name, corners in spaces}
    pixels = dict(zip(outlines, classifier.occupied(image, list(outlines.values())), strict=True))
    vehicles = [one for one in finder.detect(image) if one.kind in VEHICLES]
    shapes = {name: Polygon.of(corners) for name, corners in outlines.items()}
    scores: dict[str, float] = {}
    for footing in footings(shapes, [one.box for one in vehicles]):
        scores.update(dict.fromkeys(footing.spaces, vehicles[footing.vehicle].score))
    return {name: weighed(pixels[name], scores.get(name)) >= LIKELY for name in outlines}


def labelled(parking: Path, left_out: LeftOut | None = None) -> Iterator[Labelled]:
    """Every frame of every sequence that has both picture and labels; masks and folders without labels are not read."""
    left_out = left_out or LeftOut()
    for folder in sorted(labels.parent for labels in parking.glob("*/bounding_boxes")):
        files = pictures(folder / "frames")
        labels = {file.relative_to(folder / "bounding_boxes").with_suffix(""): file for file in _xml(folder)}
        left_out.add("frames without labels", [files[place].name for place in files.keys() - labels.keys()])
        left_out.add("labels without a frame", [labels[place].name for place in labels.keys() - files.keys()])
        for place in sorted(files.keys() & labels.keys()):
            try:
                spaces = _spaces(labels[place], left_out)
            except (ET.ParseError, KeyError, ValueError) as wrong:
                progress(f"  cannot be understood: {labels[place]}: {wrong}")
                left_out.add("labels that cannot be understood", [labels[place].name])
                continue
            yield Labelled(files[place], spaces)


def _xml(folder: Path) -> list[Path]:
    return [file for file in (folder / "bounding_boxes").rglob("*") if file.suffix.lower() == ".xml"]


def _spaces(file: Path, left_out: LeftOut) -> tuple[tuple[str, Corners, bool], ...]:
    spaces = []
    for number, space in enumerate(ET.parse(file).getroot().iter("space")):  # noqa: S314 - pictures' own labels
        # Both spellings are found in lots of this layout.
        points = [at for at in space.iter() if at.tag in {"point", "Point"}]
        corners = tuple((float(at.attrib["x"]), float(at.attrib["y"])) for at in points)
        state = space.get("occupied")
        if state in {"0", "1"} and len(corners) > 2:
            spaces.append((f"{number}-{space.get('id')}", corners, state == "1"))
        else:
            left_out.add("spaces that nobody has judged", [f"{file.stem}: {space.get('id')}"])
    return tuple(spaces)
