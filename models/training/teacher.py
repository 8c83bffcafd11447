# SPDX-License-Identifier: Apache-2.0
"""What the teacher sees in a picture: whole, mirrored and in four enlarged tiles, laid over each other.

YOLOX-nano (Megvii, Apache-2.0) is asked, never copied: its weights stay outside of this project.
"""

from itertools import product
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort

from models.training.words import OF_TEACHER, PAD, STRIDES

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
LEAST = 0.15
_WHOLE, _TILE = 640, 576
_SAME_IOU = 0.55
_RIM = 4.0


def places(high: int, wide: int) -> tuple[Floats, Floats]:
    """Corner [cells, 2] and stride [cells, 1] of every place of a picture, in cells."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: high // stride, : wide // stride]
        corners.append(np.stack((columns, rows), -1).reshape(-1, 2))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


class Teacher:
    """One session on one thread, for pictures of any size."""

    def __init__(self, weights: Path) -> None:
        """Load the teacher's weights, its input's size let go."""
        model = onnx.load(weights)
        for axis, name in ((2, "high"), (3, "wide")):
            model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
        for axis in (1,):
            model.graph.output[0].type.tensor_type.shape.dim[axis].dim_param = "places"
        del model.graph.value_info[:]
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        bytes_ = model.SerializeToString()
        self._session = ort.InferenceSession(bytes_, options, providers=["CPUExecutionProvider"])

    def boxes(self, picture: Picture) -> Floats:
        """[n, 6]: our class, how sure, x1 y1 x2 y2 in the picture's pixels."""
        high, wide = picture.shape[:2]
        whole = np.array([0, 0, wide, high], np.float32)
        found = [self._look(picture, whole, mirrored, _WHOLE) for mirrored in (False, True)]
        for down, right in product((0.0, 0.4), repeat=2):
            tile = np.array([right * wide, down * high, (right + 0.6) * wide, (down + 0.6) * high], np.float32)
            found.append(self._look(picture, np.floor(tile), mirrored=right > 0, longest=_TILE))
        return fused(np.concatenate(found))

    def answers(self, picture: Picture) -> Floats:
        """[places, 4 + classes] for a picture whose sides 32 divides: box in pixels, score of each."""
        high, wide = picture.shape[:2]
        (out,) = self._session.run(None, {"images": picture.astype(np.float32).transpose(2, 0, 1)[None]})
        boxes, scores = _understood(out[0], *places(high, wide))
        return np.concatenate((boxes, scores), 1)

    def _look(self, picture: Picture, part: Floats, mirrored: bool, longest: int) -> Floats:  # noqa: FBT001 - read by name
        x1, y1, x2, y2 = part.astype(int)
        cut = picture[y1:y2, x1:x2]
        scale = longest / max(cut.shape[:2])
        size = (round(cut.shape[1] * scale), round(cut.shape[0] * scale))
        cut = np.asarray(
            cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8
        )
        if mirrored:
            cut = cut[:, ::-1]
        high, wide = (-(-side // 32) * 32 for side in cut.shape[:2])
        framed = np.full((high, wide, 3), PAD, np.float32)
        framed[: cut.shape[0], : cut.shape[1]] = cut
        (out,) = self._session.run(None, {"images": framed.transpose(2, 0, 1)[None]})
        found = _decoded(out[0], *places(high, wide))
        if mirrored:
            found[:, [2, 4]] = size[0] - found[:, [4, 2]]
        found[:, 2:] /= scale
        inner = (found[:, 2:4] > _RIM) | (part[:2] == 0)
        outer = (found[:, 4:] < part[2:] - part[:2] - _RIM) | (part[2:] >= np.array(picture.shape[1::-1]) - 1)
        found[:, 2:] += np.tile(part[:2], 2)
        return found[inner.all(1) & outer.all(1)]


def _understood(out: Floats, corners: Floats, strides: Floats) -> tuple[Floats, Floats]:
    """Boxes [cells, 4] in pixels and scores [cells, classes] of ours."""
    scores = out[:, 4:5] * out[:, 5:]
    ours = np.stack([scores[:, list(theirs)].max(1) if theirs else np.zeros(len(scores)) for theirs in OF_TEACHER], 1)
    centres = (out[:, :2] + corners) * strides
    halves = np.exp(np.clip(out[:, 2:4], -6, 6)) * strides / 2
    return np.concatenate((centres - halves, centres + halves), 1).astype(np.float32), ours.astype(np.float32)


def _decoded(out: Floats, corners: Floats, strides: Floats) -> Floats:
    boxes, ours = _understood(out, corners, strides)
    keep = ours.max(1) > LEAST
    boxes, ours = boxes[keep], ours[keep]
    return np.concatenate((ours.argmax(1)[:, None], ours.max(1)[:, None], boxes), 1).astype(np.float32)


def fused(found: Floats) -> Floats:
    """Of boxes of one kind that overlap, the surest; vehicles are one kind."""
    kind = np.where(found[:, 0] < 4, 0, found[:, 0])
    left = list(np.argsort(-found[:, 1]))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [one for one in left if kind[one] != kind[best] or not _same(found[best, 2:], found[one, 2:])]
    return found[kept]


def _same(one: Floats, two: Floats) -> bool:
    shared = float(np.clip(np.minimum(one[2:], two[2:]) - np.maximum(one[:2], two[:2]), 0, None).prod())
    areas = [float((box[2:] - box[:2]).prod()) for box in (one, two)]
    return shared > _SAME_IOU * (sum(areas) - shared) or shared > 0.85 * min(areas)
