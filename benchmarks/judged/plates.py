# SPDX-License-Identifier: Apache-2.0
"""How many number plates are read exactly: from crops, whose file names say what stands on them, and from photographs.

`plates/crops/TEXT.jpg`, or `TEXT_1.jpg`, `TEXT-1.jpg` and the like, are cut-out plates of any size;
`plates/photos/labels.csv` (file, kind, text) names the plate of each photograph, kind `none` where there is none.
Whatever is told of such a picture at the confidence that a camera asks for by default is a false read. The province is
never assumed. The finder is the model of `models/` beside the pictures, if there is one, else our own search. What is
not judged is told on stderr: files that are no pictures, photographs that are not in the list, rows without a picture
or with a plate that nobody could read.
"""

import csv
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from benchmarks.eyes import picture as pixels
from benchmarks.figures import Figures, progress
from benchmarks.judged.left_out import LeftOut
from benchmarks.judged.spoilt import EVERY, SPOILT
from benchmarks.workplace import DATA
from edge.config.models import Plates
from edge.vision.detectors.tiles import tiles
from edge.vision.plates.build import build_finder, build_reader
from edge.vision.plates.cutout import PlateFinder, joined, straightened
from edge.vision.plates.reading import PlateReader, Reading
from edge.vision.source import Image

FINDER: Final = "plate_y5fu_640"
COVERAGE: Final = 0.95
TWO_LINES_BELOW: Final = 2.4
"""Width to height of a crop from which on it shows one line."""
CURVE: Final = (1.0, 0.99, 0.98, 0.97, 0.95, 0.9, 0.8)
ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


@dataclass(frozen=True, slots=True)
class Judged:
    """One crop: how sure it was and whether it was right."""

    sure: float
    right: bool
    reading: Reading | None


def measure(data: Path) -> Figures:
    """The figures of crops and photographs; on stderr the reject curve, and how spoilt crops are read.

    Raises `OSError` where there are neither, `ValueError` if the list cannot be understood.
    """
    cv2.setNumThreads(1)
    reader = build_reader("auto", ())
    started_s = time.process_time()
    left_out = LeftOut()
    crops = sorted(_crops(reader, data / "plates" / "crops", left_out), key=lambda one: -one.sure)
    if crops:
        progress(f"  {1e3 * (time.process_time() - started_s) / len(crops):.1f} ms of processor time a crop")
        _tell_curve(crops)
        _tell_spoilt(reader, data / "plates" / "crops")
    photos = list(_photos(reader, data, left_out))
    left_out.tell(len(crops), f"crops and {len(photos)} plates and empty places of photographs")
    if not crops and not photos:
        raise FileNotFoundError(
            f"no plate is labelled in {data / 'plates'}: crops are looked for as crops/TEXT.jpg or .png, "
            "photographs as photos/labels.csv with the columns file, kind and text"
        )
    labelled = [(text, told) for text, told in photos if text]
    return {
        "crops_exact": sum(one.right for one in crops),
        "crops_total": len(crops),
        "right_at_95_coverage": round(_right(crops[: round(COVERAGE * len(crops))]), 5) if crops else None,
        "photos_exact": sum(told == text for text, told in labelled),
        "photos_total": len(labelled),
        "false_reads": sum(bool(told) for text, told in photos if not text),
    }


def _tell_curve(crops: Sequence[Judged]) -> None:
    for share in CURVE:
        kept = crops[: max(1, round(share * len(crops)))]
        progress(f"  of the surest {share:.2f} right {_right(kept):.4f}, sure from {kept[-1].sure:.3f} on")


def _tell_spoilt(reader: PlateReader, folder: Path) -> None:
    """How many are still read when their pictures are made worse; part of no figure."""
    everything: list[Judged] = []
    files = sorted(folder.iterdir())[::EVERY]
    for how, spoil in SPOILT.items():
        pictures = ((file, _picture(file)) for file in files)
        judged = [_judged(reader, file, spoil(picture)) for file, picture in pictures if picture is not None]
        everything += judged
        progress(f"  {how}: {sum(one.right for one in judged)} of {len(judged)} right")
    everything.sort(key=lambda one: -one.sure)
    surest = everything[: round(COVERAGE * len(everything))]
    told = [one for one in everything if one.sure >= Plates().min_confidence]
    progress(
        f"  spoilt: {sum(one.right for one in everything)} of {len(everything)} right, of the surest {COVERAGE:.2f} "
        f"{_right(surest):.4f}; told {len(told)}, of them {_right(told):.4f} right"
    )


def _right(judged: Sequence[Judged]) -> float:
    return sum(one.right for one in judged) / len(judged) if judged else 0.0


def _crops(reader: PlateReader, folder: Path, left_out: LeftOut) -> Iterator[Judged]:
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        picture = _picture(file)
        if picture is None:
            left_out.add("crops that are no pictures", [_masked(text_of(file))])
            continue
        judged = _judged(reader, file, picture)
        if not judged.right:
            text = text_of(file)
            progress(f"  crop {_masked(text)}: {_differences(text, judged.reading)}, sure {judged.sure:.3f}")
        yield judged


def _judged(reader: PlateReader, file: Path, picture: Image) -> Judged:
    reading = reader.read(_one_line(picture))
    return Judged(reading.sure if reading else 0.0, reading is not None and reading.text == text_of(file), reading)


def text_of(file: Path) -> str:
    """What stands on a crop: its name up to what is no letter or number, since plates hold nothing else."""
    return next(iter(re.findall(r"[^\W_]+", _plain(file.stem))), "")


def _plain(text: str) -> str:
    """A plate as it is told: in capitals, without the dot that stands on it and the spaces somebody wrote."""
    return re.sub(r"[\s·•・.]", "", text).upper()


def _photos(reader: PlateReader, data: Path, left_out: LeftOut) -> Iterator[tuple[str, str]]:
    """What stands on each photograph and what was told of it; both empty where there is nothing."""
    labels = data / "plates" / "photos" / "labels.csv"
    if not labels.is_file():
        return
    finder = _finder(data)
    plates = listed(labels, left_out)
    strangers = {file.name for file in labels.parent.iterdir() if file.suffix.lower() in ENDINGS} - set(plates)
    left_out.add("photographs that are not in the list", sorted(strangers))
    for file, texts in sorted(plates.items()):
        picture = _picture(labels.parent / file)
        if picture is None:
            left_out.add("photographs that cannot be read", [file])
            continue
        readings = readings_in(finder, reader, picture)
        told = [one.text for one in readings if one.sure >= Plates().min_confidence]
        for text in texts:
            # Of several labelled plates each is looked for among all that was told, of one only the surest counts.
            answer = text if len(texts) > 1 and text in told else next(iter(told), "")
            if answer != text:
                sure = f"sure {readings[0].sure:.3f}" if readings else "nothing seen"
                progress(f"  photo {file}: {_differences(text, next(iter(readings), None))}, {sure}")
            yield text, answer


def listed(labels: Path, left_out: LeftOut) -> dict[str, list[str]]:
    """The plates of each photograph, "" for none. Raises `ValueError` without the columns that are needed."""
    plates: dict[str, list[str]] = {}
    with labels.open(encoding="utf-8-sig", newline="") as stream:
        table = csv.DictReader(stream, skipinitialspace=True)
        table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
        if not {"file", "text"} <= set(table.fieldnames):
            raise ValueError(f"{labels}: the first line must name the columns file, kind and text, parted by commas")
        for row in table:
            file, kind, text = ((row.get(key) or "").strip() for key in ("file", "kind", "text"))
            if not file or (kind not in {"", "none"} and not text):
                left_out.add("rows without a file or a plate's text", [file or f"line {table.line_num}"])
                continue
            plates.setdefault(file, []).append("" if kind == "none" else _plain(text))
    return plates


def readings_in(finder: PlateFinder, reader: PlateReader, picture: Image) -> list[Reading]:
    """What can be read in a picture, the surest first; where nothing is sure its quarters are searched as well."""
    rows, columns = picture.shape[:2]
    whole, *quarters = tiles(columns, rows, 2, 2)
    surest: dict[str, Reading] = {}
    for parts in ([whole], quarters):
        for part in parts:
            seen = picture[part.top : part.bottom, part.left : part.right]
            for reading in (reader.read(straightened(seen, found)) for found in finder.find(seen)):
                if reading is not None and reading.sure > getattr(surest.get(reading.text), "sure", 0.0):
                    surest[reading.text] = reading
        if any(one.sure >= Plates().min_confidence for one in surest.values()):
            break
    return sorted(surest.values(), key=lambda one: -one.sure)


def _finder(data: Path) -> PlateFinder:
    """By the added model where it lies beside the pictures or among this project's, else without a model."""
    known = (data / "models", DATA / "models")
    if any((folder / f"{FINDER}.onnx").is_file() for folder in known):
        return build_finder(Plates(finder=FINDER), known)
    progress("  no plate finder among the models: searched by colour and shape")
    return build_finder(Plates(), ())


def _one_line(crop: Image) -> Image:
    rows, columns = crop.shape[:2]
    return crop if columns >= TWO_LINES_BELOW * rows else joined(crop)


def _picture(file: Path) -> Image | None:
    return pixels(file) if file.suffix.lower() in ENDINGS else None


def _masked(text: str) -> str:
    """Enough to find the file again by eye, too little to be a plate in a log."""
    return f"{text[:1]}…{text[-2:]}"


def _differences(text: str, reading: Reading | None) -> str:
    """Where a reading went wrong, without the plate itself."""
    if reading is None or len(reading.text) != len(text):
        return "not read" if reading is None else f"{len(reading.text)} characters instead of {len(text)}"
    pairs = zip(text, reading.text, strict=True)
    return ", ".join(f"{place}: {one} read as {other}" for place, (one, other) in enumerate(pairs, 1) if one != other)
