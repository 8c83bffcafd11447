# SPDX-License-Identifier: Apache-2.0
"""Train the detector: `python -m models.training.train --data DIR --labels FILE --minutes N --out DIR`.

Pictures are small at first and grow; the learning rate follows the clock, so that a run of any length ends well. The
averaged weights are written every few minutes.
"""

import argparse
import copy
import json
import math
import multiprocessing as mp
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch

from models.training.labels import UNSURE, Labelled
from models.training.lesson import loss
from models.training.network import Detector
from models.training.pictures import Album
from models.training.teacher import Teacher, places
from models.training.walkers import Walkers
from models.training.words import CLASSES

HELD_OUT = frozenset({"india_campus_road", "coco_train"})
"""Sources no training sees, so that the card can say what the detector makes of scenes that are new to it."""
BATCH = 16
HIGHEST_RATE = 3e-3
_KEEP_EVERY_S = 240.0
_SIDES = ((0.25, (256, 320, 352)), (0.75, (352, 384, 416)), (1.0, (416, 416, 480)))
"""Until which share of the time which sides are drawn."""


def serve(
    data: Path,
    labelled: list[Labelled],
    seed: int,
    film: Path | None,
    share: "mp.sharedctypes.Synchronized[float]",
    out: "mp.Queue[tuple[np.ndarray, ...]]",
) -> None:
    """Make batches in a process of its own: pictures [B, side, side, 3], rows [R, 7], which places count [B, N].

    Last what the teacher answers [B, N, 4 + C]: nothing where the boxes say all.
    """
    cv2.setNumThreads(1)
    teacher = Teacher(data / "models" / "yolox_nano_416.onnx")
    walkers = Walkers(film, teacher) if film else None
    album = Album(data, labelled, seed, walkers)
    chance = np.random.default_rng(seed + 1)
    while True:
        sides = next(sides for until, sides in _SIDES if share.value <= until)
        side = int(chance.choice(sides))
        samples = [album.sample(side) for _ in range(BATCH)]
        rows = [np.insert(one.boxes[one.boxes[:, 0] > UNSURE], 0, number, 1) for number, one in enumerate(samples)]
        counts = np.stack([_known(one.boxes[one.boxes[:, 0] == UNSURE, 2:], side) for one in samples])
        answers = np.zeros((BATCH, counts.shape[1], 4 + len(CLASSES)), np.float32)
        for number, one in enumerate(samples):
            if one.clean is not None:
                answers[number] = teacher.answers(one.clean)
        pictures = np.stack([one.picture for one in samples])
        out.put((pictures, np.concatenate(rows).astype(np.float32), counts, answers))


def _known(unsure: np.ndarray, side: int) -> np.ndarray:
    """1 for each place outside of all unsure boxes, 0 inside."""
    corners, strides = places(side, side)
    centres = (corners + 0.5) * strides
    known = np.ones(len(centres), np.float32)
    for box in unsure:
        known[((centres > box[:2]) & (centres < box[2:])).all(1)] = 0.0
    return known


def batches(
    args: argparse.Namespace, labelled: list[Labelled], share: "mp.sharedctypes.Synchronized[float]"
) -> Iterator[tuple[torch.Tensor, ...]]:
    """For ever."""
    queue: mp.Queue[tuple[np.ndarray, ...]] = mp.Queue(4)
    mp.Process(target=serve, args=(args.data, labelled, args.seed, args.walkers, share, queue), daemon=True).start()
    while True:
        pictures, *lessons = queue.get()
        shape = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        yield shape.contiguous(memory_format=torch.channels_last), *(torch.from_numpy(one) for one in lessons)


def main() -> None:
    """Until the minutes are over."""
    parser = argparse.ArgumentParser(prog="python -m models.training.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder laid out like shared/data")
    parser.add_argument("--labels", type=Path, required=True, help="what models.training.labels wrote")
    parser.add_argument("--walkers", type=Path, help="a film of a fixed camera through which people walk")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", type=Path, help="averaged weights of an earlier run")
    parser.add_argument("--rate", type=float, default=HIGHEST_RATE)
    parser.add_argument("--everything", action="store_true", help="also the sources that are kept out for testing")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    labelled = [Labelled(**one) for one in json.loads(args.labels.read_text("utf-8"))]
    if not args.everything:
        labelled = [one for one in labelled if one.source not in HELD_OUT]
    student = Detector().to(memory_format=torch.channels_last)
    if args.resume:
        student.load_state_dict(torch.load(args.resume, weights_only=True))
    learn(student, labelled, args)


def learn(student: Detector, labelled: list[Labelled], args: argparse.Namespace) -> None:
    """Let it learn, and keep the average of what it became."""
    optimiser = torch.optim.AdamW(_groups(student), args.rate)
    average = copy.deepcopy(student).eval()
    share = mp.Value("d", 0.0)
    begun = kept = time.monotonic()
    for step, (pictures, rows, counts, answers) in enumerate(batches(args, labelled, share), 1):
        share.value = (time.monotonic() - begun) / (args.minutes * 60)
        if share.value >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1.0, step / 300) * (0.01 + 0.99 * (1 + math.cos(math.pi * share.value)) / 2)
        student.train()
        high, wide = pictures.shape[2:]
        corners, strides = (torch.from_numpy(part) for part in places(high, wide))
        total, told = loss(student(pictures).float(), rows, counts, answers, (corners, strides), high, wide)
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 10.0)
        optimiser.step()
        blend(average, student, min(0.999, 1 - 10 / (10 + step)))
        if step % 50 == 0:
            figures = "  ".join(f"{name} {value:.3f}" for name, value in told.items())
            print(f"{time.monotonic() - begun:7.0f} s  step {step}  {pictures.shape[2]}  {figures}", flush=True)
        if time.monotonic() - kept > _KEEP_EVERY_S:
            kept = time.monotonic()
            torch.save(average.state_dict(), args.out / "average.pt")
    torch.save(average.state_dict(), args.out / "average.pt")


def _groups(student: Detector) -> list[dict[str, object]]:
    """Weights decay; biases and normalisation do not."""
    thick = [each for each in student.parameters() if each.ndim > 1]
    thin = [each for each in student.parameters() if each.ndim <= 1]
    return [{"params": thick, "weight_decay": 0.03}, {"params": thin, "weight_decay": 0.0}]


def blend(average: Detector, student: Detector, keep: float) -> None:
    """Move the average a little towards the student."""
    with torch.no_grad():
        for slow, fast in zip(average.state_dict().values(), student.state_dict().values(), strict=True):
            if slow.dtype.is_floating_point:
                slow.mul_(keep).add_(fast, alpha=1 - keep)
            else:
                slow.copy_(fast)


if __name__ == "__main__":
    main()
