# SPDX-License-Identifier: Apache-2.0
"""How a model of spaces bears what cameras and installers do: `python -m models.training.spaces.spoilt --data DIR`.

Labelled frames and the empty days are spoilt in many ways, each by a seed of its own, so that two models are asked the
same. The model is judged alone. What it was trained on it has seen: `cross` asks models that have not.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.outlines import tensor
from models.session import open_session
from models.training.spaces.lots import Bytes, Points, Scene, read_scenes
from models.training.spaces.pool import plain_pool
from models.training.spaces.scenes import Stock, composed
from models.training.weather import coded

Rng = np.random.Generator
Spoiling = Callable[[Scene, Rng], Scene]
Sure = Callable[[Bytes], NDArray[np.float32]]
"""How sure a model is of each cut, 0 to 1."""
CROWDED = "crowded"


@dataclass(frozen=True)
class Tally:
    """How often occupied and free spaces were called rightly and wrongly."""

    spaces: int
    missed: int
    made_up: int
    occupied: int

    @property
    def f1(self) -> float:
        """Of "occupied"; 1 where there is none and none was called so."""
        hits = self.occupied - self.missed
        wrong = self.missed + self.made_up
        return 2 * hits / (2 * hits + wrong) if hits + wrong else 1.0


def tallied(scenes: Sequence[Scene], sure: Sure) -> Iterator[tuple[str, Tally]]:
    """The model's answers by spoiling, in the order of `SPOILINGS`, then on spaces filled with cut-out cars."""
    for number, (name, spoil) in enumerate(SPOILINGS.items()):
        rng = np.random.default_rng(number)
        yield name, tally([spoil(scene, rng) for scene in scenes], sure)
    rng, stock = np.random.default_rng(99), Stock([cutout for scene in scenes for cutout in scene.cutouts], [])
    if stock.cutouts:
        yield CROWDED, tally([composed(scene, stock, rng) for scene in scenes], sure)


def tally(scenes: Sequence[Scene], sure: Sure) -> Tally:
    """The model's answers on scenes as they are."""
    pool = plain_pool(scenes)
    says, is_so = sure(pool.cuts) >= 0.5, pool.occupied > 0
    return Tally(len(says), int((is_so & ~says).sum()), int((says & ~is_so).sum()), int(is_so.sum()))


def told(day: str, name: str, found: Tally) -> str:
    """One line of the table."""
    wrong = found.missed + found.made_up
    return (
        f"{day:<12} {name:<14} {found.spaces:5} spaces  {wrong:4} wrong"
        f" ({found.missed} missed, {found.made_up} made up)"
        f"  accuracy {1 - wrong / found.spaces:.4f}  F1 {found.f1:.4f}"
    )


def read_model(path: Path) -> Sure:
    """A file that `export` wrote, on one thread."""
    session = open_session(path.read_bytes(), path.name)
    name = session.get_inputs()[0].name

    def sure(cuts: Bytes) -> NDArray[np.float32]:
        parts = np.array_split(cuts, max(1, len(cuts) // 100))
        return np.concatenate([np.asarray(session.run(None, {name: tensor(list(part))})[0]) for part in parts])

    return sure


def _repainted(change: Callable[[NDArray[np.float32], Rng], NDArray[np.float32]]) -> Spoiling:
    def spoil(scene: Scene, rng: Rng) -> Scene:
        changed = change(scene.image.astype(np.float32), rng)
        return replace(scene, image=np.clip(changed, 0, 255).astype(np.uint8))

    return spoil


def _noisy(image: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    return image + rng.standard_normal(image.shape, np.float32) * 15


def _striped(image: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """Shade of poles, walls and trees: bands across the picture, some soft."""
    height, width = image.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    shade = np.ones((height, width), np.float32)
    for _ in range(12):
        angle, wide = rng.uniform(0, np.pi), rng.uniform(0.02, 0.12) * width
        along = across * np.cos(angle) + down * np.sin(angle)
        middle = rng.uniform(float(along.min()), float(along.max()))
        inside = np.clip((wide / 2 - np.abs(along - middle)) / rng.uniform(1, 12), 0, 1)
        shade = np.minimum(shade, 1 - inside.astype(np.float32) * rng.uniform(0.35, 0.65))
    return image * shade[..., None]


def _sloping(image: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """Bright on one side, dark on the other."""
    height, width = image.shape[:2]
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = 1 + 0.55 * (across * np.cos(angle) + down * np.sin(angle))
    return image * np.clip(slope, 0.2, 1.8)[..., None].astype(np.float32)


def _night(image: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    return image * 0.15 + rng.standard_normal(image.shape, np.float32) * 4


def _scaled(width: int, height: int) -> Spoiling:
    def spoil(scene: Scene, _: Rng) -> Scene:
        ratio = np.array([width / scene.image.shape[1], height / scene.image.shape[0]], np.float32)
        way = cv2.INTER_AREA if ratio[0] < 1 else cv2.INTER_CUBIC
        image = np.asarray(cv2.resize(scene.image, (width, height), interpolation=way), np.uint8)
        return _redrawn(replace(scene, image=image), lambda corners: corners * ratio)

    return spoil


def _mirrored(scene: Scene, _: Rng) -> Scene:
    width = scene.image.shape[1]
    image = np.ascontiguousarray(scene.image[:, ::-1])
    return _redrawn(
        replace(scene, image=image),
        lambda corners: (corners * np.array([-1, 1]) + np.array([width - 1, 0]))[::-1].astype(np.float32),
    )


def _shifted(scene: Scene, rng: Rng) -> Scene:
    """Every outline 3 to 5 pixels aside, as after a knock against the pole."""
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(3, 5)
    step = np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(far)
    return _redrawn(scene, lambda corners: corners + step)


def _grown(share: float) -> Spoiling:
    def spoil(scene: Scene, _: Rng) -> Scene:
        return _redrawn(scene, lambda corners: (corners - corners.mean(axis=0)) * share + corners.mean(axis=0))

    return spoil


def _redrawn(scene: Scene, change: Callable[[Points], Points]) -> Scene:
    spaces = tuple(replace(space, corners=change(space.corners).astype(np.float32)) for space in scene.spaces)
    return replace(scene, spaces=spaces)


SPOILINGS: dict[str, Spoiling] = {
    "as it is": lambda scene, _: scene,
    "mirrored": _mirrored,
    "darker": _repainted(lambda image, _: image * 0.35),
    "brighter": _repainted(lambda image, _: image * 1.7 + 10),
    "flat": _repainted(lambda image, _: image * 0.35 + 90),
    "harsh": _repainted(lambda image, _: (image - 110) * 1.8 + 110),
    "blurred": lambda scene, _: replace(scene, image=np.asarray(cv2.GaussianBlur(scene.image, (0, 0), 2.0), np.uint8)),
    "jpeg 30": lambda scene, _: replace(scene, image=coded(scene.image, 30)),
    "noise": _repainted(_noisy),
    "night": _repainted(_night),
    "shade": _repainted(_striped),
    "sloping light": _repainted(_sloping),
    "shifted 3-5 px": _shifted,
    "10 % larger": _grown(1.1),
    "10 % smaller": _grown(0.9),
    "640 x 360": _scaled(640, 360),
    "1920 x 1080": _scaled(1920, 1080),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table by day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("models/onnx/dongtou_space.onnx"))
    parser.add_argument("--every", type=int, default=1, help="of the frames of empty days, take every so many")
    parser.add_argument("--only", nargs="*", help="days, by the name of their sequence")
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    scenes, sure = read_scenes(args.data / "parking"), read_model(args.model)
    for day in sorted({scene.day for scene in scenes}):
        if args.only and day not in args.only:
            continue
        mine = [scene for scene in scenes if scene.day == day]
        # The labelled frames of a day come first, then those of its empty hours.
        chosen = [scene for number, scene in enumerate(mine) if number < 5 or number % args.every == 0]
        for name, found in tallied(chosen, sure):
            print(told(day, name, found), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
