# SPDX-License-Identifier: Apache-2.0
"""Trains the model of parking spaces: `python -m models.training.spaces.train --data DIR --out FILE.onnx`.

Needs PyTorch 2.13 and OpenCV; one thread. The recipe is in the modules beside this one, the figures in the card.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from models.outlines import tensor
from models.training.spaces.lots import Scene, read_scenes
from models.training.spaces.network import SpaceNet, begun, export
from models.training.spaces.pool import FROM_ROADS, Pool, made_pool
from models.training.spaces.scenes import Stock
from models.training.spaces.street import Road, Texture, read_roads, read_textures

BATCH = 128
RATE = 2e-3
SOFT = 0.02
"""How far from 0 and 1 the answers are that it learns: a few labels are wrong."""


@dataclass(frozen=True)
class Plan:
    """How much is made, and for how many minutes of one processor it is trained."""

    scenes: int
    minutes: float
    seed: int = 1
    begin: Path | None = None
    """A file of ours to go on from, gently and with its norms as they are; from nothing if there is none."""


def read_streets(data: Path, completed: Path | None) -> tuple[list[Road], list[Texture]]:
    """Roads to stand on, and cars off them."""
    roads = read_roads(data, completed, most=700, sources=FROM_ROADS)
    return roads, read_textures(roads, most=160)


def trained(scenes: Sequence[Scene], streets: tuple[list[Road], list[Texture]], plan: Plan) -> SpaceNet:
    """A network that has seen these scenes alone."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    stock = Stock([cutout for scene in scenes for cutout in scene.cutouts], streets[1])
    began = time.monotonic()
    pool = made_pool(scenes, streets[0], stock, plan.scenes, rng)
    say(f"{len(pool.occupied)} cuts, {pool.occupied.mean():.2f} occupied, in {time.monotonic() - began:.0f} s")
    return fitted(pool, plan, rng)


def fitted(pool: Pool, plan: Plan, rng: np.random.Generator) -> SpaceNet:
    """Adam with one cycle of the rate (Smith and Topin, 2018), paced by processor time; the average of late weights."""
    net = begun(plan.begin) if plan.begin else SpaceNet()
    rate = RATE / 5 if plan.begin else RATE
    for layer in net.layers if plan.begin else ():
        layer.train(not isinstance(layer, nn.BatchNorm2d))
    average = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=2e-3)
    loss_of = nn.BCEWithLogitsLoss()
    began, seconds, losses = time.process_time(), plan.minutes * 60, []
    for step, (cuts, occupied) in enumerate(pool.batches(BATCH, rng)):
        done = (time.process_time() - began) / seconds
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * (min(1.0, done / 0.08) * (1 + np.cos(np.pi * done)) / 2 + 1e-3)
        wanted = torch.from_numpy(occupied * (1 - 2 * SOFT) + SOFT)
        loss = loss_of(net(torch.from_numpy(tensor(list(cuts)))), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
        if step % 100 == 0:
            say(f"  {done:4.0%} step {step} loss {np.mean(losses[-200:]):.4f}")
    kept: SpaceNet = average.module.eval()
    return kept


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Train on all that is there and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--completed", type=Path, help="labels of the street pictures completed by a teacher (JSON)")
    parser.add_argument("--scenes", type=int, default=900)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--begin", type=Path, help="a file written before, to go on from")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    scenes = read_scenes(args.data / "parking")
    net = trained(scenes, read_streets(args.data, args.completed), Plan(args.scenes, args.minutes, begin=args.begin))
    export(net, args.out)
    say(f"{args.out}: {args.out.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
