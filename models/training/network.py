# SPDX-License-Identifier: Apache-2.0
"""A small single-stage detector: dense convolutions where pictures are large, since one thread runs those best.

About 0.7 million weights and 0.5 G multiply-adds at 416 x 416. It answers in YOLOX's layout, [N, cells, 5 + classes]:
x, y, w, h as grid offsets and logarithms, then objectness and class scores with the sigmoid applied.
"""

import torch
from torch import Tensor, nn

from models.training.words import CLASSES, STRIDES

WIDTHS = (16, 32, 64, 96, 160)
NECK = 64


def conv(before: int, after: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, normalisation, ReLU: the one cheap enough to forget."""
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def apart(before: int, after: int) -> nn.Sequential:
    """Depthwise, then pointwise: for the neck and heads, where channels are many and pictures small."""
    return nn.Sequential(conv(before, before, 5, groups=before), conv(before, after, 1))


class Block(nn.Module):
    """Half the channels, look around, add."""

    def __init__(self, width: int) -> None:
        """Keep `width`."""
        super().__init__()
        self.body = nn.Sequential(conv(width, width // 2, 1), conv(width // 2, width))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.body(x)


class Around(nn.Module):
    """What lies around at three distances (spatial pyramid pooling, one after the other)."""

    def __init__(self, width: int) -> None:
        """Keep `width`."""
        super().__init__()
        self.narrow = conv(width, width // 2, 1)
        self.wide = conv(width * 2, width, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        near = self.narrow(x)
        one = self.pool(near)
        two = self.pool(one)
        return self.wide(torch.cat((near, one, two, self.pool(two)), 1))


class Detector(nn.Module):
    """Backbone, two-way neck, one head shared by all strides but for its last layer's scale."""

    def __init__(self) -> None:
        """Random weights; objectness begins low, since nearly every place is empty."""
        super().__init__()
        a, b, c, d, e = WIDTHS
        self.stem = nn.Sequential(conv(3, a, 3, 2), conv(a, b, 3, 2))
        self.third = nn.Sequential(conv(b, c, 3, 2), Block(c))
        self.fourth = nn.Sequential(conv(c, d, 3, 2), Block(d), Block(d), Block(d))
        self.fifth = nn.Sequential(conv(d, e, 3, 2), Block(e), Block(e), Around(e))
        self.sides = nn.ModuleList([conv(width, NECK, 1) for width in (c, d, e)])
        self.down = nn.ModuleList([apart(NECK, NECK) for _ in range(2)])
        self.up = nn.ModuleList([conv(NECK, NECK, 3, 2, NECK) for _ in range(2)])
        self.after = nn.ModuleList([apart(NECK, NECK) for _ in range(2)])
        self.what = nn.Sequential(apart(NECK, NECK), apart(NECK, NECK))
        self.where = nn.Sequential(apart(NECK, NECK), apart(NECK, NECK))
        self.classes = nn.ModuleList([nn.Conv2d(NECK, len(CLASSES), 1) for _ in STRIDES])
        self.boxes = nn.ModuleList([nn.Conv2d(NECK, 5, 1) for _ in STRIDES])
        for head in (*self.classes, *self.boxes):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
        for head in self.boxes:
            nn.init.constant_(head.bias[4:], -4.6)
            nn.init.constant_(head.bias[2:4], 1.0)

    def forward(self, pictures: Tensor) -> Tensor:
        """[N, 3, 416, 416] of 0 to 255, BGR, to logits [N, cells, 5 + classes]."""
        third = self.third(self.stem(pictures * (1 / 128) - 1))
        fourth = self.fourth(third)
        fifth = self.fifth(fourth)
        small, middle, large = (side(level) for side, level in zip(self.sides, (third, fourth, fifth), strict=True))
        middle = self.down[0](middle + nn.functional.interpolate(large, scale_factor=2.0))
        small = self.down[1](small + nn.functional.interpolate(middle, scale_factor=2.0))
        middle = self.after[0](middle + self.up[0](small))
        large = self.after[1](large + self.up[1](middle))
        answers = []
        for level, classes, boxes in zip((small, middle, large), self.classes, self.boxes, strict=True):
            answer = torch.cat((boxes(self.where(level)), classes(self.what(level))), 1)
            answers.append(answer.flatten(2).transpose(1, 2))
        return torch.cat(answers, 1)


class Exported(nn.Module):
    """The same with sigmoids where YOLOX's layout has them."""

    def __init__(self, detector: Detector) -> None:
        """Share the weights."""
        super().__init__()
        self.detector = detector

    def forward(self, pictures: Tensor) -> Tensor:
        """As `Detector`, scores from 0 to 1."""
        answer = self.detector(pictures)
        return torch.cat((answer[..., :4], answer[..., 4:].sigmoid()), -1)
