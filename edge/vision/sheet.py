# SPDX-License-Identifier: Apache-2.0
"""Draws composite sheets and overlays of a case's pictures: `python -m edge.vision.sheet`, one question on stdin.

A program of its own, since a picture that breaks the decoder shall break nothing else. It draws on copies; what was
signed stays as it is.
"""

import os
import sys
from typing import Final, assert_never

import cv2
import numpy as np
from pydantic import TypeAdapter

from edge.contract.sheets import CANNOT_DRAW, EMPTY, GOLD, INK, LINE, NAVY, SOFT, Asked, OverlayAsked, SheetAsked, Tile
from edge.vision.jpeg import packed, unpacked
from edge.vision.lettering import BOLD, Colour, across, broken, fitted, write
from edge.vision.source import Image

QUALITY: Final = 90
_WIDTH: Final = 1960
_GAP: Final = 20
_COLUMN: Final = (_WIDTH - 3 * _GAP) // 2
_HEAD: Final = 92
_CAPTION: Final = 44
_LEAST_TALL, _MOST_TALL = 500, 760
"""Heights of a panorama's place: a tall picture stands in it with room at its sides."""
_CLOSEUP_WIDE: Final = 352
_PAPER: Final[Colour] = (250, 250, 249)
_NAVY, _INK, _SOFT, _LINE, _EMPTY, _GOLD = (
    (blue, green, red) for red, green, blue in (NAVY, INK, SOFT, LINE, EMPTY, GOLD)
)
_WHITE: Final[Colour] = (255, 255, 255)


class PictureError(ValueError):
    """A picture cannot be decoded; the message says which."""


def sheet(asked: SheetAsked) -> Image:
    """Two panoramas above; a third, the close-ups and the facts below; more panoramas in further rows."""
    pictures = [_decoded(tile) for tile in asked.scenes]
    tall = _tall(pictures)
    places = max(len(pictures), 3) + 1
    rows = (places + 1) // 2
    foot = 26 + 30 * len(asked.foot)
    canvas = np.full((_HEAD + rows * (tall + _CAPTION + _GAP) + _GAP + foot, _WIDTH, 3), _PAPER, np.uint8)
    _head(canvas, asked)
    for number in range(max(len(pictures), 3)):
        left, top = _place(number, tall)
        if number < len(pictures):
            _tile(canvas, asked.scenes[number], pictures[number], (left, top, _COLUMN, tall))
        else:
            _empty(canvas, asked.no_scene, (left, top, _COLUMN, tall + _CAPTION))
    left, top = _place(places - 1, tall)
    _closeups(canvas, asked.closeups, (left, top, _CLOSEUP_WIDE, tall + _CAPTION))
    panel = left + _CLOSEUP_WIDE + _GAP
    _facts(canvas, asked.facts, (panel, top, _WIDTH - _GAP - panel, tall + _CAPTION))
    _foot(canvas, asked.foot, canvas.shape[0] - foot)
    return canvas


def overlay(asked: OverlayAsked) -> Image:
    """The picture untouched, a band below it with what must be read, and the code once more in its corner."""
    picture = _decoded(Tile(picture=asked.picture, caption="picture"))
    wide = picture.shape[1]
    size = max(13, min(40, round(wide / 52)))
    lead, pad = round(1.5 * size), round(0.7 * size)
    lines = [part for line in asked.lines for part in broken(line, wide - 2 * pad, size, 3)]
    small = max(10, round(0.72 * size))
    machine = broken(asked.machine_line, wide - 2 * pad, small, 3)
    band = 2 * pad + lead * len(lines) + round(1.5 * small) * len(machine)
    canvas = np.zeros((picture.shape[0] + band, wide, 3), np.uint8)
    canvas[: picture.shape[0]] = picture
    y = picture.shape[0] + pad + size
    for line in lines:
        write(canvas, line, (pad, y), _WHITE, size)
        y += lead
    for line in machine:
        write(canvas, line, (pad, y), (190, 190, 190), small)
        y += round(1.5 * small)
    _corner(canvas, asked.code, size, wide)
    return canvas


def _corner(canvas: Image, code: str, size: int, wide: int) -> None:
    """On a plate of its own, so that it can be read on snow and by night, and stays if the band is cut off."""
    left, foot = wide - across(code, size, BOLD) - size, round(1.5 * size)
    patch = canvas[foot - size - 4 : foot + size // 2, max(0, left - size // 2) :]
    np.copyto(patch, (patch * 0.35).astype(np.uint8))
    write(canvas, code, (left, foot), _GOLD, size, BOLD)


def _decoded(tile: Tile) -> Image:
    try:
        return unpacked(tile.picture)
    except ValueError as wrong:
        raise PictureError(f"{tile.caption}: {wrong}") from wrong


def _tall(pictures: list[Image]) -> int:
    """Height of a panorama's place: that of the first one, within reason."""
    rows, columns = map(int, pictures[0].shape[:2])
    return min(_MOST_TALL, max(_LEAST_TALL, round(_COLUMN * rows / columns)))


def _place(number: int, tall: int) -> tuple[int, int]:
    row, column = divmod(number, 2)
    return _GAP + column * (_COLUMN + _GAP), _HEAD + _GAP + row * (tall + _CAPTION + _GAP)


def _head(canvas: Image, asked: SheetAsked) -> None:
    cv2.rectangle(canvas, (0, 0), (_WIDTH, _HEAD - 1), _NAVY, -1)
    code = across(asked.code, 34, BOLD)
    title, size = fitted(asked.title, _WIDTH - code - 4 * _GAP, 38, BOLD)
    write(canvas, title, (_GAP, 60), _WHITE, size, BOLD)
    write(canvas, asked.code, (_WIDTH - _GAP - code, 58), _GOLD, 34, BOLD)


def _tile(canvas: Image, tile: Tile, picture: Image, within: tuple[int, int, int, int]) -> None:
    left, top, wide, tall = within
    _fill(canvas, picture, within)
    note = across(tile.note, 18)
    text, size = fitted(tile.caption, wide - note - 20, 24)
    write(canvas, text, (left, top + tall + 32), _INK, size)
    write(canvas, tile.note, (left + wide - note, top + tall + 31), _SOFT, 18)


def _empty(canvas: Image, why: str, within: tuple[int, int, int, int]) -> None:
    """A place for which there is no picture, and why."""
    left, top, wide, tall = within
    cv2.rectangle(canvas, (left, top), (left + wide - 1, top + tall - 1), _EMPTY, -1)
    cv2.rectangle(canvas, (left, top), (left + wide - 1, top + tall - 1), _LINE, 1)
    for number, line in enumerate(broken(why, wide - 2 * _GAP, 24, 4)):
        foot = top + tall // 2 + 34 * number
        write(canvas, line, (left + (wide - across(line, 24)) // 2, foot), _SOFT, 24)


def _fill(canvas: Image, picture: Image, within: tuple[int, int, int, int]) -> None:
    """The picture as large as it goes, upright and uncut; never blown up beyond four times, where pixels are all."""
    left, top, wide, tall = within
    cv2.rectangle(canvas, (left, top), (left + wide - 1, top + tall - 1), _EMPTY, -1)
    rows, columns = picture.shape[:2]
    scale = min(wide / columns, tall / rows, 4.0)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    x, y = left + (wide - size[0]) // 2, top + (tall - size[1]) // 2
    canvas[y : y + size[1], x : x + size[0]] = cv2.resize(picture, size, interpolation=way)
    cv2.rectangle(canvas, (left, top), (left + wide - 1, top + tall - 1), _LINE, 1)


def _closeups(canvas: Image, tiles: tuple[Tile, ...], within: tuple[int, int, int, int]) -> None:
    """One above the other; the last, which is the plate, gets the smaller part."""
    left, top, wide, tall = within
    shown = tiles[-2:]
    lowest = top + tall
    for number, tile in enumerate(reversed(shown)):
        part = tall if len(shown) == 1 else round(tall * 0.42) if number == 0 else tall - round(tall * 0.42) - 8
        if tile.picture:
            _tile(canvas, tile, _decoded(tile), (left, lowest - part, wide, part - _CAPTION))
        else:
            _empty(canvas, tile.caption, (left, lowest - part, wide, part))
        lowest -= part + 8


def _facts(canvas: Image, facts: tuple[tuple[str, str], ...], within: tuple[int, int, int, int]) -> None:
    """Names in one column, values in another, as many lines each as there is room for."""
    left, top, wide, tall = within
    size = 24
    label = min(wide // 3, max((across(name, 20) for name, _ in facts), default=0) + 22)
    spare = tall // 34 - len(facts)
    y = top
    for name, value in facts:
        lines = broken(value, wide - label, size, 1 + max(0, min(3, spare))) or ["–"]
        spare -= len(lines) - 1
        if y + 34 > top + tall:
            break
        write(canvas, fitted(name, label - 8, 20)[0], (left, y + 25), _SOFT, 20)
        for line in lines:
            text, fit = fitted(line, wide - label, size)
            write(canvas, text, (left + label, y + 26), _INK, fit)
            y += 34
        cv2.line(canvas, (left, y), (left + wide, y), _LINE, 1)


def _foot(canvas: Image, lines: tuple[str, ...], top: int) -> None:
    cv2.line(canvas, (_GAP, top - 6), (_WIDTH - _GAP, top - 6), _LINE, 1)
    for number, line in enumerate(lines):
        text, size = fitted(line, _WIDTH - 2 * _GAP, 20)
        write(canvas, text, (_GAP, top + 22 + 30 * number), _SOFT, size)


def main() -> int:
    """Answer one question: a JPEG on stdout."""
    asked: Asked = TypeAdapter[Asked](Asked).validate_json(sys.stdin.buffer.read())
    try:
        match asked:
            case SheetAsked():
                drawn = sheet(asked)
            case OverlayAsked():
                drawn = overlay(asked)
            case other:
                assert_never(other)
    except PictureError as wrong:
        os.write(2, f"{wrong}\n".encode())
        return CANNOT_DRAW
    sys.stdout.buffer.write(packed(drawn, QUALITY))
    return 0


if __name__ == "__main__":
    sys.exit(main())
