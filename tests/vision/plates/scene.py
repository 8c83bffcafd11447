# SPDX-License-Identifier: Apache-2.0
"""Plates drawn for tests, with made-up numbers, and where the real ones lie that are only measured with."""

import cv2
import numpy as np
import pytest

from benchmarks.workplace import DATA
from edge.vision.plates.recogniser import ppocr_file
from edge.vision.source import Image

CROPS, PHOTOS, MODELS = DATA / "plates" / "crops", DATA / "plates" / "photos", DATA / "models"
BLUE, YELLOW, WHITE, BLACK = (150, 60, 10), (20, 170, 235), (240, 240, 240), (15, 15, 15)
needs_crops = pytest.mark.skipif(not CROPS.is_dir(), reason="the shared pictures are not on this machine")
needs_ppocr = pytest.mark.skipif(ppocr_file() is None, reason="the extra `plates` is not installed")
needs_finder = pytest.mark.skipif(not (MODELS / "plate_y5fu_320.onnx").is_file(), reason="the finder is not here")


def drawn(text: str, ground: tuple[int, int, int] = BLUE, ink: tuple[int, int, int] = WHITE) -> Image:
    """A one-line plate, 440 × 140 pixels."""
    plate = np.empty((140, 440, 3), np.uint8)
    plate[:] = ground
    step = 416 / len(text)
    for place, character in enumerate(text):
        _stamp(plate, character, (round(14 + place * step), 25, round(step * 0.84), 90), ink)
    return plate


def drawn_in_two_lines(text: str, ground: tuple[int, int, int] = YELLOW, ink: tuple[int, int, int] = BLACK) -> Image:
    """A rear plate of a lorry, 440 × 220 pixels."""
    plate = np.empty((220, 440, 3), np.uint8)
    plate[:] = ground
    for place, character in enumerate(text[:2]):
        _stamp(plate, character, (110 + 140 * place, 15, 80, 60), ink)
    for place, character in enumerate(text[2:]):
        _stamp(plate, character, (27 + 80 * place, 90, 65, 110), ink)
    return plate


def on_a_car(plate: Image, width: int, where: tuple[int, int], size: tuple[int, int] = (640, 360)) -> Image:
    """A grey street with a dark car in its middle, the plate `width` pixels wide with its corner at `where`."""
    scene = np.full((size[1], size[0], 3), 128, np.uint8)
    cv2.rectangle(scene, (size[0] // 4, size[1] // 4), (3 * size[0] // 4, 3 * size[1] // 4), (40, 42, 45), -1)
    small = cv2.resize(plate, (width, round(width * plate.shape[0] / plate.shape[1])), interpolation=cv2.INTER_AREA)
    x, y = where
    scene[y : y + small.shape[0], x : x + width] = small
    return np.asarray(cv2.GaussianBlur(scene, (3, 3), 0), np.uint8)


def _stamp(plate: Image, character: str, box: tuple[int, int, int, int], ink: tuple[int, int, int]) -> None:
    """One character, filling its box as on a real plate."""
    left, top, width, height = box
    canvas = np.zeros((200, 200, 3), np.uint8)
    cv2.putText(canvas, character, (40, 140), WHITE, cv2.FontFace("uni"), 100, 0)
    x, y, w, h = cv2.boundingRect(canvas[:, :, 0])
    narrow = width if w > h // 3 else width // 3
    mask = cv2.resize(canvas[y : y + h, x : x + w, :1], (narrow, height), interpolation=cv2.INTER_AREA)
    begin = left + (width - narrow) // 2
    part = plate[top : top + height, begin : begin + narrow].astype(np.float32)
    blend = part + mask[:, :, None].astype(np.float32) / 255 * (np.array(ink, np.float32) - part)
    plate[top : top + height, begin : begin + narrow] = blend.astype(np.uint8)
