# SPDX-License-Identifier: Apache-2.0
"""What stands in front of the background: remembered as a layer of its own, so that a passer-by does not merge with it.

A blob that has not changed for a while is either a thing that came to stand, or the gap that a thing left which was
already there when the background was learnt. Edges tell: around a thing the picture has them, around a gap the
background does.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.vision.detectors.background import Background, Floats, Mask, differences
from edge.vision.detectors.blobs import Blob, Span
from edge.vision.detectors.hindsight import outline_strength
from edge.vision.source import Image

STILL_LOOKS = 20
"""Looks at an unchanged blob until it becomes a layer: four seconds at five frames a second."""
UNSEEN_LOOKS = 25
"""Looks after which a layer that is not in view is forgotten; what still stands is found anew as a blob."""
GAP_LOOKS = 4
"""Looks until a gap is believed; a thing that moves off leaves it behind at once."""
SAME = 0.8
"""IoU of two looks at something that has not moved."""
VISIBLE = 0.4
"""Part of a layer that must be in view for the detector to say that it sees it."""
EXPOSED = 0.08
"""Part of a layer through which the background shows: the thing is moving off."""
MOVING_LOOKS = 2
"""Looks at an exposed layer until it is let go: one may be a flash."""
GAP = 0.7
"""Edges of the picture around a blob, to those of the background, below which it is a gap."""
TOO_LARGE = 0.4
"""Part of the picture from which on it is the light or the camera that changed, not a thing that stands."""
OWN = 0.3
"""Part of a layer that must differ from the background for it to be a thing."""
LEARN = 0.02

_RING = np.ones((5, 5), np.uint8)


@dataclass(slots=True)
class Layer:
    """A standing thing: where, which pixels, how it looks."""

    span: Span
    mask: Mask
    colours: Floats
    visible: float = 1.0
    exposed_looks: int = 0
    unseen_looks: int = 0


@dataclass(slots=True)
class Candidate:
    """A blob that has looked the same for `looks` frames, and in how many of them like a gap."""

    span: Span
    looks: int = 1
    gap_looks: int = 0


class Standing:
    """The layers of one camera and the blobs that may become one."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self._candidates: list[Candidate] = []

    def over(self, expected: Image, background: Background) -> Image:
        """What is expected once standing things are taken for granted."""
        if not self.layers:
            return expected
        composite = expected.copy()
        for layer in self.layers:
            cv2.copyTo(background.lit(layer.colours), layer.mask, composite[layer.span.cut])
        return composite

    def review(self, picture: Image, expected: Image, off: Mask, background: Background) -> bool:
        """See how much of each layer is in view, and let go of what moves off: then true. `off` is against `over`."""
        kept, limit = [], background.limit()
        for layer in self.layers:
            cut = layer.span.cut
            there = layer.mask > 0
            same = (off[cut] <= limit[cut]) & there
            bare = (differences(picture[cut], expected[cut]) <= limit[cut]) & there & ~same
            pixels = max(1, int(np.count_nonzero(there)))
            layer.visible = int(np.count_nonzero(same)) / pixels
            layer.exposed_looks = layer.exposed_looks + 1 if np.count_nonzero(bare) > EXPOSED * pixels else 0
            layer.unseen_looks = 0 if layer.visible >= VISIBLE else layer.unseen_looks + 1
            if layer.exposed_looks < MOVING_LOOKS and layer.unseen_looks < UNSEEN_LOOKS:
                cv2.accumulateWeighted(background.unlit(picture[cut]), layer.colours, LEARN, mask=same.astype(np.uint8))
                kept.append(layer)
        moved = len(kept) < len(self.layers)
        self.layers = kept
        return moved

    def revise(self, background: Background) -> None:
        """After a correction of the background: let go of layers that look just like it."""
        expected, limit = background.shown(), background.limit()
        kept = []
        for layer in self.layers:
            cut = layer.span.cut
            own = (differences(background.lit(layer.colours), expected[cut]) > limit[cut]) & (layer.mask > 0)
            if np.count_nonzero(own) > OWN * np.count_nonzero(layer.mask):
                kept.append(layer)
        self.layers = kept

    def consider(self, picture: Image, expected: Image, background: Background, blobs: list[Blob]) -> list[Blob]:
        """Count how long blobs have not changed. What is no thing becomes background; the others are handed back."""
        left, candidates = [], []
        for blob in blobs:
            candidate = self._candidate(blob)
            candidate.looks += 1
            candidate.gap_looks = candidate.gap_looks + 1 if is_gap(picture, expected, blob) else 0
            settled = candidate.looks > STILL_LOOKS and candidate.gap_looks == 0
            if candidate.gap_looks >= GAP_LOOKS or (settled and blob.span.area > TOO_LARGE * picture[:, :, 0].size):
                where = np.zeros(picture.shape[:2], np.uint8)
                where[blob.span.cut] = cv2.dilate(blob.mask, _RING)
                background.replace(picture, where)
                continue
            left.append(blob)
            if settled:
                self.layers.append(Layer(blob.span, blob.mask, background.unlit(picture[blob.span.cut])))
            else:
                candidates.append(candidate)
        self._candidates = candidates
        return left

    def _candidate(self, blob: Blob) -> Candidate:
        before = max(self._candidates, key=lambda one: one.span.iou(blob.span), default=None)
        return before if before is not None and before.span.iou(blob.span) >= SAME else Candidate(blob.span)


def is_gap(picture: Image, expected: Image, blob: Blob) -> bool:
    """Whether the outline of a blob is seen in the background and not in the picture."""
    height, width = picture.shape[:2]
    span = blob.span
    wide = Span(max(0, span.left - 3), max(0, span.top - 3), min(width, span.right + 3), min(height, span.bottom + 3))
    outline = np.zeros((wide.height, wide.width), np.uint8)
    inside = Span(span.left - wide.left, span.top - wide.top, span.right - wide.left, span.bottom - wide.top)
    outline[inside.cut] = blob.mask
    ring = cv2.morphologyEx(outline, cv2.MORPH_GRADIENT, _RING)
    now, before = (cv2.mean(outline_strength(image[wide.cut]), mask=ring)[0] for image in (picture, expected))
    return now < GAP * before
