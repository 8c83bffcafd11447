# SPDX-License-Identifier: Apache-2.0
"""Detector without a model: whatever differs from the learnt background is a thing, for as long as it is there."""

import cv2
import numpy as np

from edge.core.geometry import Box
from edge.vision.detector import Detection
from edge.vision.detectors.background import Background, Mask, differences, shadows
from edge.vision.detectors.blobs import Blob, Span, find_blobs, kind_of
from edge.vision.detectors.hindsight import Hindsight
from edge.vision.detectors.recollection import Recollection
from edge.vision.detectors.standing import VISIBLE, Layer, Standing
from edge.vision.source import Image

WIDTH_PX = 360
"""Width near which it works: a car 40 m away still has a hundred pixels, and a frame costs 3 ms."""
LEARN_LOOKS = 15
"""Frames whose median is the first background: three seconds at five frames a second."""
UPSET = 0.33
"""Part of the picture in the foreground at which the light, not the street, has changed..."""
UPSET_LOOKS = 25
"""...if it stays so for this many frames."""
PART = 0.8
"""A blob of which so much lies on a standing thing is part of it."""

_MARGIN = np.ones((7, 7), np.uint8)


class MotionDetector:
    """Background subtraction that never learns what stands. Feed it every frame of one camera, in order."""

    def __init__(self, recollection: Recollection | None = None) -> None:
        self._recollection, self._asked = recollection, recollection is None
        self._first: list[Image] = []
        self._background: Background | None = None
        self._standing, self._hindsight = Standing(), Hindsight()
        self._busy: Mask = np.zeros((0, 0), np.uint8)
        self._upset_looks = 0

    def detect(self, image: Image) -> list[Detection]:
        """All things in front of the background; none during the first frames, which it learns from."""
        picture = _small(image)
        if self._background is None or picture.shape != self._background.colours.shape:
            return self._learn_first(picture)
        expected = self._background.expected(picture, self._busy)
        composite, limit = self._standing.over(expected, self._background), self._background.limit()
        off = differences(picture, composite)
        if self._standing.review(picture, expected, off, self._background):
            composite = self._standing.over(expected, self._background)
            off = differences(picture, composite)
        foreground = np.asarray(cv2.compare(off, limit, cv2.CMP_GT), np.uint8)
        shadow = shadows(picture, composite)
        blobs = find_blobs(foreground, shadow)
        blobs = self._standing.consider(picture, expected, self._background, blobs)
        self._mark(blobs, picture)
        self._background.learn(picture, off, ~self._busy, np.where(shadow > 0, 0, foreground).astype(np.uint8))
        if self._hindsight.observe(picture, self._busy, self._background):
            self._standing.revise(self._background)
        if self._recollection is not None:
            self._recollection.keep(self._background)
        self._calm_down(foreground)
        return self._detections(blobs, picture)

    def _learn_first(self, picture: Image) -> list[Detection]:
        if self._first and self._first[0].shape != picture.shape:
            self._first = []
        self._first.append(picture)
        kept = self._recall(picture)
        if kept is not None or len(self._first) >= LEARN_LOOKS:
            self._background = kept or Background(self._first)
            self._standing, self._hindsight = Standing(), Hindsight()
            self._busy = np.zeros(picture.shape[:2], np.uint8)
            self._first = []
        return []

    def _recall(self, picture: Image) -> Background | None:
        """Asked once: a background that was found wrong is not to come back."""
        asked, self._asked = self._asked, True
        return None if asked or self._recollection is None else self._recollection.recall(picture)

    def _mark(self, blobs: list[Blob], picture: Image) -> None:
        """Remember which pixels are not background, with a margin."""
        busy = np.zeros(picture.shape[:2], np.uint8)
        for blob in blobs:
            busy[blob.span.cut] |= blob.mask
        for layer in self._standing.layers:
            busy[layer.span.cut] |= layer.mask
        self._busy = np.asarray(cv2.dilate(busy, _MARGIN), np.uint8)

    def _calm_down(self, foreground: Mask) -> None:
        upset = np.count_nonzero(foreground) > UPSET * foreground.size
        self._upset_looks = self._upset_looks + 1 if upset else 0
        if self._upset_looks >= UPSET_LOOKS:
            self._background, self._upset_looks = None, 0

    def _detections(self, blobs: list[Blob], picture: Image) -> list[Detection]:
        height, width = picture.shape[:2]
        layers = [layer for layer in self._standing.layers if layer.visible >= VISIBLE]
        found = [(one.span, 0.6 + 0.35 * one.visible) for one in layers]
        found += [(one.span, 0.3 + 0.65 * one.fill) for one in blobs if not _within(one.span, layers)]
        return [Detection(kind_of(span, width * height), score, _box(span, width, height)) for span, score in found]


def _within(span: Span, layers: list[Layer]) -> bool:
    """Whether a blob is only a change on a standing thing, such as its indicator or a reflection."""
    return any(span.common(layer.span) > PART * span.area for layer in layers)


def _small(image: Image) -> Image:
    """The picture shrunk by a whole number, which costs a third of any other factor."""
    height, width = image.shape[:2]
    by = max(1, round(width / WIDTH_PX))
    if by == 1:
        return image
    return np.asarray(cv2.resize(image, (width // by, height // by), interpolation=cv2.INTER_AREA), np.uint8)


def _box(span: Span, width: int, height: int) -> Box:
    return Box(span.left / width, span.top / height, span.right / width, span.bottom / height)
