# SPDX-License-Identifier: Apache-2.0
"""A sign's protocol as a table: which bytes a frame is made of, how digits are coded, what it answers.

Makers of free-space signs all send a header, an address, some digits and a checksum over RS-485, each in their own
order and coding. A profile writes that down in TOML instead of code; `profiles/` has two, a maker's own is one more.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from firmware_bridge.port import LineSettings, Parity
from firmware_bridge.sign.parts import Address, Checksum, Constant, Digits, Encoding, Order, Part, Sum

PROFILES = files("firmware_bridge.sign") / "profiles"
MAX_FRAME_PARTS = 32
MAX_DIGITS = 8


class ProfileError(Exception):
    """A profile cannot be used; the message names the file and what is wrong in it."""


@dataclass(frozen=True)
class Profile:
    """How a kind of sign is spoken to. Without `reply` it says nothing back; with an empty one it repeats the frame."""

    name: str
    line: LineSettings
    digits: int
    unknown: int | None
    """The number that stands for "nobody knows"; None if the digits themselves say it (blank or dashes)."""
    frame: tuple[Part, ...]
    reply: tuple[Part, ...] | None
    reply_within_s: float
    again_after_s: float
    """The number is sent again this often, since a sign that lost its power shows nothing or an old one."""


def read_profile(name: str) -> Profile:
    """The profile that ships under this name, or that in a file ending in .toml. Raises `ProfileError`."""
    try:
        place = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
        return _profile(tomllib.loads(place.read_text("utf-8")))
    except FileNotFoundError as wrong:
        raise ProfileError(f"{name}: there is no such profile; {', '.join(shipped())} come along") from wrong
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as wrong:
        raise ProfileError(f"{name}: {wrong}") from wrong


def shipped() -> list[str]:
    """Names of the profiles that come along."""
    return sorted(place.name.removesuffix(".toml") for place in PROFILES.iterdir() if place.name.endswith(".toml"))


def _profile(table: dict[str, Any]) -> Profile:
    line, value, reply = table.get("line", {}), table["value"], table.get("reply")
    digits = int(value["digits"])
    if not 1 <= digits <= MAX_DIGITS:
        raise ValueError(f"value.digits is {digits}, and must be 1 to {MAX_DIGITS}")
    profile = Profile(
        name=str(table["name"]),
        line=LineSettings(
            baud=int(line.get("baud", 9600)),
            data_bits=int(line.get("data_bits", 8)),
            parity=Parity(line.get("parity", "N")),
            stop_bits=int(line.get("stop_bits", 1)),
        ),
        digits=digits,
        unknown=value.get("unknown"),
        frame=_parts(table["frame"], value),
        reply=None if reply is None else _parts(reply.get("frame", table["frame"]), value),
        reply_within_s=float(reply["within_s"]) if reply else 0.0,
        again_after_s=float(value.get("again_after_s", 30.0)),
    )
    if not any(isinstance(part, Digits) for part in profile.frame):
        raise ValueError("frame holds no digits")
    return profile


def _parts(rows: list[dict[str, Any]], value: dict[str, Any]) -> tuple[Part, ...]:
    if not 0 < len(rows) <= MAX_FRAME_PARTS:
        raise ValueError(f"a frame has 1 to {MAX_FRAME_PARTS} parts")
    return tuple(_part(row, value) for row in rows)


def _part(row: dict[str, Any], value: dict[str, Any]) -> Part:
    match row:
        case {"bytes": str(text), **rest} if not rest:
            return Constant(bytes.fromhex(text))
        case {"part": "address", **rest} if not rest.keys() - {"size", "order"}:
            return Address(int(rest.get("size", 1)), _one_of(Order, rest.get("order", "high-first")))
        case {"part": "digits", **rest} if not rest:
            encoding = _one_of(Encoding, value.get("encoding", "ascii"))
            return Digits(int(value["digits"]), encoding, str(value.get("pad", "0")), str(value.get("blank", "-")))
        case {"part": "checksum", "of": sum_, **rest} if not rest.keys() - {"from", "order"}:
            return Checksum(
                _one_of(Sum, sum_), int(rest.get("from", 0)), _one_of(Order, rest.get("order", "low-first"))
            )
    raise ValueError(f"a part of the frame is not understood: {row}")


def _one_of(words: Any, found: Any) -> Any:  # noqa: ANN401 - a literal type and one of its words
    known = get_args(words)
    if found not in known:
        raise ValueError(f"{found!r} is none of {', '.join(known)}")
    return found
