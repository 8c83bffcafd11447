# SPDX-License-Identifier: Apache-2.0
"""Trains the small plate reader on rendered plates, and on real ones if there are any.

    python -m edge.vision.plates.examples 400000 1 > texts.tsv          (in the project's environment)
    train="python -m models.training.plates.train --texts texts.tsv --fonts fonts/"
    $train --minutes 60 --out base.pt
    $train --start base.pt --real crops/ --minutes 15 --rate 1.2e-3 --out plate.pt

The folder of fonts holds what the system has of Chinese ones; which were used stands on the model's card.
With --folds N and --hold K every N-th real picture from the K-th on is kept back and read at the end; the figures of
all parts together are those of a cross-validation.
Torch, numpy and opencv-python-headless 5 are needed; none of what is here is part of the product.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import ctc_loss, log_softmax

from models.training.plates.glyphs import fonts
from models.training.plates.network import COLUMNS, HEIGHT, WIDTH, Reader
from models.training.plates.real import Crop, crops, disturbed
from models.training.plates.render import draw
from models.training.plates.weather import photographed

ALPHABET = (
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新ABCDEFGHJKLMNPQRSTUVWXYZ0123456789警使领学挂港澳"
)
"""As `edge.vision.plates.grammar` has it; the manifest of the model carries it on."""
BATCH = 96
FRESH = 12
"""Pictures of a batch that are drawn anew; the others come from a pool, for drawing costs as much as learning."""
POOL = 24000
REAL_SHARE = 0.3


class Plates:
    """An endless row of batches."""

    def __init__(self, texts: Path, real: list[Crop], seed: int, styles: Sequence[str]) -> None:
        self._chance = np.random.default_rng(seed)
        self._texts = [tuple(line.split("\t")) for line in texts.read_text("utf-8").splitlines()]
        self._at = int(self._chance.integers(len(self._texts)))
        self._real = real
        self._fonts = styles
        self._pictures = np.empty((POOL, HEIGHT, WIDTH, 3), np.uint8)
        self._labels: list[str] = []
        self._next = 0

    def batch(self) -> tuple[torch.Tensor, list[str]]:
        """Pictures [B, 3, H, W] and what stands on them."""
        real = round(BATCH * REAL_SHARE) if self._real else 0
        for _ in range(FRESH if len(self._labels) > 20 * BATCH else BATCH):
            self._draw()
        chosen = self._chance.integers(0, len(self._labels), BATCH - real)
        pictures = [self._pictures[index] for index in chosen]
        labels = [self._labels[index] for index in chosen]
        for index in self._chance.integers(0, max(1, len(self._real)), real):
            picture, text = disturbed(self._real[index], self._chance, self._fonts)
            pictures.append(picture)
            labels.append(text)
        whole = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
        gain = torch.empty(len(pictures), 3, 1, 1).uniform_(0.85, 1.15)
        return whole * gain + torch.randn_like(whole) * torch.empty(len(pictures), 1, 1, 1).uniform_(0, 6), labels

    def _draw(self) -> None:
        kind, text = self._texts[self._at]
        self._at = (self._at + 1) % len(self._texts)
        self._pictures[self._next] = photographed(draw(kind, text, self._chance, self._fonts).picture, self._chance)
        if self._next == len(self._labels):
            self._labels.append(text)
        else:
            self._labels[self._next] = text
        self._next = (self._next + 1) % POOL


def train(reader: Reader, plates: Plates, minutes: float, rate: float) -> Reader:
    """The average of the last weights, which reads better than any of them."""
    average = Reader(len(ALPHABET))
    average.load_state_dict(reader.state_dict())
    optimiser = torch.optim.AdamW(reader.parameters(), lr=rate, weight_decay=0.01)
    began, step = time.monotonic(), 0
    while (done := (time.monotonic() - began) / 60 / minutes) < 1:
        factor = min(1.0, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * done))
        for group in optimiser.param_groups:
            group["lr"] = rate * factor + 1e-6
        pictures, labels = plates.batch()
        with torch.autocast("cpu", torch.bfloat16):  # half the time on a processor that multiplies bfloat16
            logits = reader(pictures.contiguous(memory_format=torch.channels_last))
        loss = _loss(logits.float(), labels)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 5.0)
        optimiser.step()
        _average(average, reader, min(0.998, step / (step + 20)))
        step += 1
        if step % 100 == 0:
            print(
                f"{done:.2f} step {step} loss {loss.item():.4f} {step * BATCH / (time.monotonic() - began):.0f}/s",
                flush=True,
            )
    return average.eval()


def _loss(logits: torch.Tensor, labels: list[str]) -> torch.Tensor:
    targets = torch.tensor([1 + ALPHABET.index(character) for text in labels for character in text])
    lengths = torch.tensor([len(text) for text in labels])
    spoken = log_softmax(logits, 2).transpose(0, 1)
    return ctc_loss(spoken, targets, torch.full((len(labels),), COLUMNS), lengths, zero_infinity=True)


def _average(average: Reader, reader: Reader, keep: float) -> None:
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), reader.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.mul_(keep).add_(new, alpha=1 - keep)
            else:
                kept.copy_(new)


def exact(reader: Reader, real: list[Crop]) -> list[bool]:
    """Which of the pictures it reads without a mistake, the best class of each column taken."""
    outcome = []
    with torch.no_grad():
        for crop in real:
            picture = cv2.resize(crop.picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
            best = reader(torch.from_numpy(picture).permute(2, 0, 1)[None].float())[0].argmax(1).tolist()
            merged = [one for before, one in zip([0, *best], best, strict=False) if one and one != before]
            outcome.append("".join(ALPHABET[one - 1] for one in merged) == crop.text)
    return outcome


def main() -> None:
    """Train once, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--fonts", type=Path, help="a folder of fonts with Chinese characters")
    parser.add_argument("--folds", type=int, default=0, help="parts that the real pictures are divided into")
    parser.add_argument(
        "--hold", type=int, help="the part that is kept back and read at the end; none for the final weights"
    )
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    real = crops(args.real) if args.real else []
    held = real[args.hold :: args.folds] if args.hold is not None else []
    learnt = [crop for index, crop in enumerate(real) if args.hold is None or index % args.folds != args.hold]
    plates = Plates(args.texts, learnt, 7 + (args.hold or 0), fonts(args.fonts))
    reader = train(_begun(args.start), plates, args.minutes, args.rate)
    torch.save(reader.state_dict(), args.out)
    if held:
        print(f"held back: {sum(exact(reader, held))} of {len(held)}", flush=True)


def _begun(start: Path | None) -> Reader:
    reader = Reader(len(ALPHABET))
    if start is not None:
        reader.load_state_dict(torch.load(start, weights_only=True))
    return reader.train()


if __name__ == "__main__":
    main()
