# SPDX-License-Identifier: Apache-2.0
"""Crops of plates made a little worse in six ways, so that a reader's changes show in more than a handful of misses."""

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np

from edge.vision.source import Image


def _shifted(crop: Image) -> Image:
    return _moved(crop, np.array([[1, 0, crop.shape[1] * 0.032], [0, 1, crop.shape[0] * 0.0625]]))


def _turned(crop: Image) -> Image:
    rows, columns = crop.shape[:2]
    return _moved(crop, np.asarray(cv2.getRotationMatrix2D((columns / 2, rows / 2), 3, 1), np.float64))


def _blurred(crop: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), crop.shape[0] / 24), np.uint8)


def _darkened(crop: Image) -> Image:
    grain = np.random.default_rng(0).normal(0, 3, crop.shape)
    return np.clip(crop * 0.3 + grain, 0, 255).astype(np.uint8)


def _coded(crop: Image) -> Image:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", crop, (cv2.IMWRITE_JPEG_QUALITY, 40))[1], 1), np.uint8)


def _small(crop: Image) -> Image:
    smaller = cv2.resize(crop, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(smaller, (crop.shape[1], crop.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


def _moved(crop: Image, turn: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Image:
    size = (crop.shape[1], crop.shape[0])
    return np.asarray(cv2.warpAffine(crop, turn, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


SPOILT: Final[Mapping[str, Callable[[Image], Image]]] = {
    "shifted": _shifted,
    "turned by 3 degrees": _turned,
    "blurred": _blurred,
    "at 0.3 of its light": _darkened,
    "JPEG of quality 40": _coded,
    "at 0.7 of its size": _small,
}
EVERY: Final = 3
"""Of the crops one in so many is spoilt, in every way."""
