# SPDX-License-Identifier: Apache-2.0
"""Leave one sequence out: `python -m models.training.spaces.cross --data DIR [--keep DIR]`.

For each sequence a network is trained that has seen no frame of its day, then asked about every space of it. With
--keep the networks are written there, for `python -m benchmarks accuracy slots` to be tried with.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from models.outlines import tensor
from models.training.spaces.lots import Scene, read_scenes
from models.training.spaces.network import SpaceNet, export
from models.training.spaces.pool import plain_pool
from models.training.spaces.train import Plan, read_streets, say, trained


def main(argv: Sequence[str] | None = None) -> int:
    """Print accuracy by sequence, of the classifier alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--completed", type=Path, help="labels of the street pictures completed by a teacher (JSON)")
    parser.add_argument("--scenes", type=int, default=600)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--begin", type=Path, help="folder of an earlier --keep, to go on from")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", nargs="*", help="sequences to leave out, by name")
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    scenes = read_scenes(args.data / "parking")
    streets = read_streets(args.data, args.completed)
    for day in sorted({scene.day for scene in scenes}):
        if args.only and day not in args.only:
            continue
        begin = args.begin / f"without_{day}.onnx" if args.begin else None
        rest = [one for one in scenes if one.day != day]
        net = trained(rest, streets, Plan(args.scenes, args.minutes, begin=begin))
        _tell(day, net, [one for one in scenes if one.day == day])
        if args.keep:
            export(net, args.keep / f"without_{day}.onnx")
    return 0


def _tell(day: str, net: SpaceNet, scenes: Sequence[Scene]) -> None:
    pool = plain_pool(scenes)
    with torch.no_grad():
        parts = np.array_split(pool.cuts, max(1, len(pool.cuts) // 400))
        sure = np.concatenate([torch.sigmoid(net(torch.from_numpy(tensor(list(part))))).numpy() for part in parts])
    wrong = (sure >= 0.5) != (pool.occupied > 0)
    close = np.sort(np.abs(sure - (1 - pool.occupied)))[:5]
    misses = int((wrong & (pool.occupied > 0)).sum())
    print(
        f"{day}: {len(wrong)} spaces, {int(pool.occupied.sum())} occupied, {int(wrong.sum())} wrong ({misses} missed),",
        end=" ",
    )
    print(f"accuracy {1 - wrong.mean():.4f}, five nearest to being wrong {np.round(close, 3).tolist()}", flush=True)
    say(f"{day} done")


if __name__ == "__main__":
    raise SystemExit(main())
