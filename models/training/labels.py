# SPDX-License-Identifier: Apache-2.0
"""Complete labels: `python -m models.training.labels --data DIR --out FILE` asks the teacher once and writes them down.

Boxes that people drew stand as they are. What the teacher sees besides them is learnt if it is sure, and is neither
learnt nor punished if it is not. In a picture known to be empty nothing is asked.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.spaces.lots import read_picture
from models.training.teacher import Teacher
from models.training.words import OF_LABELS

Floats = npt.NDArray[np.float32]
ANY_VEHICLE, UNSURE = -1, -2
_SURE = 0.32
_DRAWN_IOU = 0.4


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture: where it lies, which source it is of, rows of class, trust, x1 y1 x2 y2 in pixels."""

    file: str
    source: str
    rows: list[list[float]]


def complete(data: Path, file: Path, teacher: Teacher) -> Labelled:
    """Join what people drew with what the teacher sees."""
    relative = file.relative_to(data)
    if "empty_sunday" in relative.parts:
        return Labelled(str(relative), "empty_sunday", [])
    picture = read_picture(file)
    source = file.parent.name if relative.parts[0] == "street" else "parking"
    rows = _drawn(data, file, picture.shape[1], picture.shape[0])
    seen = teacher.boxes(picture)
    for row in rows:
        if row[0] == ANY_VEHICLE and len(seen):
            overlap = iou(np.array(row[2:], np.float32), seen[:, 2:]) * (seen[:, 0] < 4)
            if overlap.max() > _DRAWN_IOU:
                row[0] = float(seen[overlap.argmax(), 0])
    drawn = np.array(rows, np.float32).reshape(-1, 6)
    for number, sure, *box in seen.tolist():
        if len(drawn) and _known(np.array(box, np.float32), int(number), drawn):
            continue
        rows.append([number, min(1.0, sure + 0.3), *box] if sure > _SURE else [UNSURE, sure, *box])
    return Labelled(str(relative), source, [[round(value, 2) for value in row] for row in rows])


def _known(box: Floats, number: int, drawn: Floats) -> bool:
    alike = (drawn[:, 0] < 4) if number < 4 else (drawn[:, 0] == number)
    overlap = iou(box, drawn[:, 2:])
    return bool((overlap[alike] > _DRAWN_IOU).any() or (overlap > 0.75).any())


def _drawn(data: Path, file: Path, wide: int, high: int) -> list[list[float]]:
    for folder in ("labels", "labels_agnostic"):
        labels = data / "street" / folder / file.parent.name / f"{file.stem}.txt"
        if labels.exists():
            break
    else:
        return []
    rows = []
    for line in labels.read_text("utf-8").splitlines():
        number, x, y, w, h = (float(part) for part in line.split())
        kind = ANY_VEHICLE if folder == "labels_agnostic" else OF_LABELS[int(number)]
        rows.append([kind, 1.0, (x - w / 2) * wide, (y - h / 2) * high, (x + w / 2) * wide, (y + h / 2) * high])
    return rows


def iou(box: Floats, boxes: Floats) -> Floats:
    """Of one box with many."""
    shared = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None).prod(1)
    both = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(1) - shared
    return np.asarray(shared / np.maximum(both, 1e-6), np.float32)


@lru_cache(maxsize=1)
def _teacher(data: Path) -> Teacher:
    cv2.setNumThreads(1)
    return Teacher(data / "models" / "yolox_nano_416.onnx")


def _one(data: Path, file: Path) -> Labelled:
    return complete(data, file, _teacher(data))


def main() -> None:
    """Once for all pictures."""
    parser = argparse.ArgumentParser(prog="python -m models.training.labels", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder laid out like shared/data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    files = sorted((args.data / "street" / "images").glob("*/*.jpg"))
    files += sorted((args.data / "parking").glob("sequence*/frames/*.[jp]*g"))
    files += sorted((args.data / "parking" / "empty_sunday").glob("*.jpg"))[::3]
    with ProcessPoolExecutor(args.processes) as pool:
        done = pool.map(_one, [args.data] * len(files), files, chunksize=8)
        args.out.write_text(json.dumps([asdict(one) for one in done]), "utf-8")


if __name__ == "__main__":
    main()
