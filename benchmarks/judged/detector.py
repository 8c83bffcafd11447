# SPDX-License-Identifier: Apache-2.0
"""How many vehicles the detector finds, and how many it makes up, beside YOLOX-nano on the same pictures.

Pictures `street/images/SOURCE/NAME.jpg` that have labels `street/labels/SOURCE/NAME.txt` (YOLO: class, centre and size
as shares of the picture) count. Cars, vans, buses and trucks are one class, found when a box overlaps by half (IoU
0.5), the surest boxes first. Two-wheelers and persons play no part. A box of `street/labels_ignore` is neither rewarded
nor punished, and neither is who finds it. Each detector is asked at the threshold that its manifest names. FastestDet
looks along where its weights lie beside YOLOX-nano's, at the threshold of its own demonstration; it is told on stderr,
and so is what is not judged: pictures without labels, labels without a picture, lines that say nothing.
`ms` is time of the one thread that looks, so that what else the machine does is not counted.
"""

import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2

from benchmarks.eyes import OURS, added, detector, reference
from benchmarks.figures import Figures, median, progress
from benchmarks.judged.left_out import LeftOut, pictures
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


def measure(data: Path, model: str = OURS) -> Figures:
    """`recall`, `precision` and `ms` a picture of ours or of `model`, and `reference_recall`; by source on stderr.

    Raises `OSError` where no vehicle is labelled, `ProblemError` where there is no such model.
    """
    cv2.setNumThreads(1)
    left_out = LeftOut()
    known = list(labelled(data / "street", left_out))
    if not any(one.vehicles for one in known):
        raise FileNotFoundError(
            f"no vehicle is labelled in {data / 'street'}: pictures are looked for as images/SOURCE/NAME.jpg or .png, "
            f"their boxes as labels/SOURCE/NAME.txt, and {len(known)} pictures with labels were found"
        )
    with tempfile.TemporaryDirectory() as folder:
        eyes = _eyes(data, model, Path(folder))
        sums = _sums(eyes, known, left_out)
    tell(data, eyes)
    ours = sums["ours"]
    return {
        "recall": round(ours.recall, 4),
        "precision": round(ours.precision, 4),
        "reference_recall": round(sums["reference"].recall, 4) if "reference" in sums else None,
        "ms": round(median(ours.ms), 2) if ours.ms else None,
    }


def _eyes(data: Path, model: str, folder: Path) -> dict[str, Detector]:
    eyes = {"ours": detector(model, data / "models")}
    other = reference(data / "models")
    eyes |= {"reference": detector(other, data / "models")} if other else {}
    third = next((one for one in (data / "models" / FASTEST, DATA / "models" / FASTEST) if one.is_file()), None)
    return eyes | ({"fastestdet": added(third, folder, FASTEST_SCORE)} if third else {})


def _sums(eyes: dict[str, Detector], known: list[Labelled], left_out: LeftOut) -> dict[str, Tally]:
    """What each detector makes of all pictures; told by source and in sum."""
    sums = {who: Tally() for who in eyes}
    sources: dict[str, dict[str, Tally]] = {}
    for one in known:
        image = left_out.picture(one.file)
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
    left_out.tell(len(sums["ours"].ms), f"pictures with {sums['ours'].wanted} vehicles")
    for who, tally in sums.items():
        if tally.ms:
            progress(f"  {who}: recall {tally.recall:.4f} precision {tally.precision:.4f}, {median(tally.ms):.1f} ms")
    return sums


def labelled(street: Path, left_out: LeftOut) -> Iterator[Labelled]:
    """Every picture with labels, in order."""
    for place, file, vehicles in boxes(street, VEHICLE_NAMES, left_out):
        ignored = [box for _, box in _rows(_labels(street / "labels_ignore", place), left_out)]
        yield Labelled(file, vehicles, ignored)


def people(street: Path, left_out: LeftOut) -> Iterator[tuple[Path, list[Box]]]:
    """Every picture with labels, and the persons in it, in order."""
    for _, file, persons in boxes(street, frozenset({"person"}), left_out):
        yield file, persons


def boxes(street: Path, wanted: frozenset[str], left_out: LeftOut) -> Iterator[tuple[Path, Path, list[Box]]]:
    """What it is called, its file, and the boxes of some classes, of every labelled picture."""
    names, files = _classes(street / "classes.txt"), pictures(street / "images")
    for labels in sorted((street / "labels").rglob("*.txt")):
        place = labels.relative_to(street / "labels").with_name(labels.stem)
        file = files.pop(place, None)
        if file is None:
            left_out.add("labels without a picture", [labels.name])
            continue
        rows = list(_rows(labels, left_out))
        left_out.add(
            "boxes of unknown classes", [f"{labels.name}: {number}" for number, _ in rows if number >= len(names)]
        )
        yield place, file, [box for number, box in rows if number < len(names) and names[number] in wanted]
    left_out.add("pictures without labels", [file.name for file in files.values()])


def _labels(folder: Path, place: Path) -> Path:
    """The labels of a picture; a name may hold dots."""
    return (folder / place).with_name(f"{place.name}.txt")


def _classes(file: Path) -> tuple[str, ...]:
    """Names by number: `0 car` or `car`, a line each."""
    if not file.exists():
        return CLASSES
    lines = file.read_text("utf-8-sig").splitlines()
    return tuple(line.split()[-1].partition("/")[0].lower() for line in lines if line.strip())


def _rows(file: Path, left_out: LeftOut) -> Iterator[tuple[int, Box]]:
    """Class and box of each line; what stands behind the box, such as how sure somebody was, is passed over."""
    for line in file.read_text("utf-8-sig").splitlines() if file.exists() else ():
        try:
            number, x, y, w, h = (float(part) for part in line.split()[:5])
        except ValueError:
            if line.strip():
                left_out.add("lines that are no box", [f"{file.name}: {line}"])
            continue
        if all(map(math.isfinite, (number, x, y, w, h))) and number >= 0 and min(w, h) > 0:
            yield int(number), Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        else:
            left_out.add("lines that are no box", [f"{file.name}: {line}"])


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
