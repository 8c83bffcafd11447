# SPDX-License-Identifier: Apache-2.0
"""How many vehicles the detector finds, and how many it makes up, beside YOLOX-nano on the same pictures.

Pictures `street/images/SOURCE/NAME.jpg` that have labels `street/labels/SOURCE/NAME.txt` (YOLO: class, centre and size
as shares of the picture) count. Cars, vans, buses and trucks are one class, found when a box overlaps by half (IoU
0.5), the surest boxes first. Two-wheelers and persons play no part. A box of `street/labels_ignore` is neither rewarded
nor punished, and neither is who finds it. Each detector is asked at the threshold that its manifest names. FastestDet
looks along where its weights lie beside YOLOX-nano's, at the threshold of its own demonstration; it is told on stderr.
`ms` is time of the one thread that looks, so that what else the machine does is not counted.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2

from benchmarks.eyes import OURS, REFERENCE, added, detector, picture
from benchmarks.figures import Figures, median, progress
from benchmarks.judged.phantoms import tell
from benchmarks.workplace import DATA
from edge.core.geometry import Box
from edge.core.tracks import VEHICLES
from edge.vision.detector import Detection, Detector
from edge.vision.source import Image

VEHICLE_NAMES: Final = frozenset({"car", "van", "bus", "truck", "vehicle"})
CLASSES: Final = ("car", "van", "bus", "truck", "motorcycle", "bicycle", "person")
FASTEST: Final = "fastestdet_352.onnx"
FASTEST_SCORE: Final = 0.65
IOU: Final = 0.5
MOST_OF_IT: Final = 0.5
"""A find is excused if so much of it lies in a box to ignore: such boxes may hold whole rows of cars."""


@dataclass(slots=True)
class Tally:
    """Of one detector over many pictures."""

    found: int = 0
    wanted: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Of the labelled vehicles."""
        return self.found / max(1, self.wanted)

    @property
    def precision(self) -> float:
        """Of what it called vehicles and was not excused."""
        return self.found / max(1, self.found + self.wrong)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture's vehicles, and boxes in which nothing counts."""

    file: Path
    vehicles: list[Box]
    ignored: list[Box]


def measure(data: Path) -> Figures:
    """`recall`, `precision` and `ms` a picture of ours, and `reference_recall`; by source on stderr."""
    cv2.setNumThreads(1)
    eyes = {"ours": detector(OURS, data / "models"), "reference": detector(REFERENCE, data / "models")}
    third = next((one for one in (data / "models" / FASTEST, DATA / "models" / FASTEST) if one.is_file()), None)
    if third:
        with tempfile.TemporaryDirectory() as folder:
            eyes["fastestdet"] = added(third, Path(folder), FASTEST_SCORE)
    sums = {who: Tally() for who in eyes}
    sources: dict[str, dict[str, Tally]] = {}
    for one in labelled(data / "street"):
        image = picture(one.file)
        if image is None:
            continue
        by_source = sources.setdefault(one.file.parent.name, {who: Tally() for who in eyes})
        for who, eye in eyes.items():
            _judge(eye, image, one, (sums[who], by_source[who]))
    for source, tallies in sorted(sources.items()):
        told = "   ".join(
            f"{who} recall {one.recall:.3f} precision {one.precision:.3f}" for who, one in tallies.items()
        )
        progress(f"  {source:<24} {tallies['ours'].wanted:5} vehicles   {told}")
    for who, tally in sums.items():
        progress(f"  {who}: recall {tally.recall:.4f} precision {tally.precision:.4f}, {median(tally.ms):.1f} ms")
    tell(data, eyes)
    ours = sums["ours"]
    return {
        "recall": round(ours.recall, 4),
        "precision": round(ours.precision, 4),
        "reference_recall": round(sums["reference"].recall, 4),
        "ms": round(median(ours.ms), 2) if ours.ms else None,
    }


def labelled(street: Path) -> Iterator[Labelled]:
    """Every picture with labels, in order."""
    for place, file, vehicles in _boxes(street, VEHICLE_NAMES):
        ignored = [box for _, box in _rows((street / "labels_ignore" / place).with_name(f"{place.name}.txt"))]
        yield Labelled(file, vehicles, ignored)


def people(street: Path) -> Iterator[tuple[Path, list[Box]]]:
    """Every picture with labels, and the persons in it, in order."""
    for _, file, persons in _boxes(street, frozenset({"person"})):
        yield file, persons


def _boxes(street: Path, wanted: frozenset[str]) -> Iterator[tuple[Path, Path, list[Box]]]:
    """What it is called, its file, and the boxes of some classes, of every labelled picture."""
    names = _classes(street / "classes.txt")
    for labels in sorted((street / "labels").glob("**/*.txt")):
        place = labels.relative_to(street / "labels").with_suffix("")
        files = [street / "images" / place.with_name(place.name + ending) for ending in (".jpg", ".png", ".jpeg")]
        file = next((each for each in files if each.exists()), None)
        if file is None:
            continue
        yield place, file, [box for number, box in _rows(labels) if number < len(names) and names[number] in wanted]


def _classes(file: Path) -> tuple[str, ...]:
    """Names by number: `0 car` or `car`, a line each."""
    if not file.exists():
        return CLASSES
    lines = file.read_text("utf-8").split("\n")
    return tuple(line.split()[-1].partition("/")[0].lower() for line in lines if line.strip())


def _rows(file: Path) -> Iterator[tuple[int, Box]]:
    if not file.exists():
        return
    for line in file.read_text("utf-8").splitlines():
        parts = line.split()
        if len(parts) >= 5:
            try:
                number, (x, y, w, h) = int(parts[0]), (float(part) for part in parts[1:5])
            except ValueError:
                progress(f"  cannot be understood: {file}: {line}")
                continue
            yield number, Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def _judge(eye: Detector, picture: Image, truth: Labelled, tallies: tuple[Tally, ...]) -> None:
    began = time.thread_time()
    detections = eye.detect(picture)
    ms = (time.thread_time() - began) * 1e3
    found, wrong = count([one for one in detections if one.kind in VEHICLES], truth)
    for tally in tallies:
        tally.found += found
        tally.wanted += len(truth.vehicles)
        tally.wrong += wrong
        tally.ms.append(ms)


def count(detections: list[Detection], truth: Labelled) -> tuple[int, int]:
    """How many vehicles were found, and how many finds were none."""
    left = list(truth.vehicles)
    found = wrong = 0
    for one in sorted(detections, key=lambda each: -each.score):
        best = max(left, key=one.box.iou, default=None)
        if best is not None and one.box.iou(best) >= IOU:
            left.remove(best)
            found += 1
        elif not any(one.box.iou(box) >= IOU or one.box.covered_by(box) >= MOST_OF_IT for box in truth.ignored):
            wrong += 1
    return found, wrong
