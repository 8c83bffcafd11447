# SPDX-License-Identifier: Apache-2.0
"""The small reader: a convolutional network that says for each of 32 columns of a plate which character it shows.

Trained with connectionist temporal classification (Graves et al. 2006). Class 0 is the blank.
"""

import torch
from torch import Tensor, nn

HEIGHT, WIDTH, COLUMNS = 32, 128, 32


def _block(taken: int, given: int, size: int | tuple[int, int] = 3, step: tuple[int, int] = (1, 1)) -> nn.Sequential:
    pad = size // 2 if isinstance(size, int) else (size[0] // 2, size[1] // 2)
    return nn.Sequential(
        nn.Conv2d(taken, given, size, step, pad, bias=False), nn.BatchNorm2d(given), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    """A step that only has to say what is to be added."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, taken: Tensor) -> Tensor:
        """What was taken, and what the step adds."""
        return taken + self.inner(taken)


class Reader(nn.Module):
    """[B, 3, 32, 128] BGR 0 to 255 to [B, 32, 1 + characters] logits."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.eyes = nn.Sequential(
            _block(3, 24, 3, (2, 2)),  # 16 × 64
            _block(24, 32),
            _block(32, 48, 3, (2, 1)),  # 8 × 64
            Residual(_block(48, 48)),
            _block(48, 64, 3, (2, 2)),  # 4 × 32
            Residual(_block(64, 64)),
            _block(64, 96),
            Residual(_block(96, 96)),
        )
        self.column = nn.Sequential(nn.Conv2d(96, 112, (4, 1), bias=False), nn.BatchNorm2d(112), nn.ReLU(inplace=True))
        self.neighbours = nn.Sequential(
            Residual(_block(112, 112, (1, 5))), Residual(_block(112, 112, (1, 5))), nn.Dropout(0.1)
        )
        self.head = nn.Conv2d(112, 1 + characters, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits of each column."""
        # Its own light and contrast are taken out of each picture, so that night and glare look alike.
        mean = picture.mean((1, 2, 3), keepdim=True)
        centred = picture - mean
        spread = (centred * centred).mean((1, 2, 3), keepdim=True).sqrt()
        seen = self.eyes(centred / (spread + 4.0))
        return self.head(self.neighbours(self.column(seen))).squeeze(2).transpose(1, 2)


class Shipped(nn.Module):
    """The reader as it is exported: probabilities instead of logits."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, picture: Tensor) -> Tensor:
        """Probabilities of each column."""
        return torch.softmax(self.reader(picture), 2)
