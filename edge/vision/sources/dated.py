# SPDX-License-Identifier: Apache-2.0
"""Pictures whose names say when they were taken.

`2013-02-24_06_15_00.jpg`, `2013-02-24T06:15:00.250+08:00.png`, `IMG_20130224_061500_250.jpg`, or seconds, milliseconds
or microseconds since 1970. Where a name says no offset, it is Beijing's.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""Of files that are taken for pictures."""
BEIJING_MIN: Final = 8 * 60
_MILLISECONDS: Final = 13
"""So many digits has an instant of these decades in milliseconds; in microseconds it has 16."""
_STAMP = re.compile(
    r"(?P<y>\d{4})-?(?P<mo>\d\d)-?(?P<d>\d\d)[T_ -]?(?P<h>\d\d)[-:_]?(?P<mi>\d\d)[-:_]?(?P<s>\d\d)"
    r"(?:[._,-](?P<f>\d{1,6}))?(?P<z>Z|[+-]\d\d:?\d\d)?(?!\d)"
)
_EPOCH = re.compile(r"^(\d{9,10})(?:[._](\d{1,6}))?$|^(\d{13}|\d{16})$")


def taken_us(stem: str, offset_min: int = BEIJING_MIN) -> int | None:
    """When a picture of this name was taken, microseconds since 1970 UTC; None if the name does not say."""
    epoch = _EPOCH.match(stem)
    if epoch:
        whole, part, long = epoch.groups()
        if long:
            return int(long) * (1000 if len(long) == _MILLISECONDS else 1)
        return int(whole) * 1_000_000 + _fraction_us(part)
    stamp = _STAMP.search(stem)
    if stamp is None:
        return None
    try:
        local = datetime(*(int(stamp[key]) for key in ("y", "mo", "d", "h", "mi", "s")), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    zone = stamp["z"]
    if zone == "Z":
        offset_min = 0
    elif zone:
        offset_min = (-1 if zone[0] == "-" else 1) * (int(zone[1:3]) * 60 + int(zone[-2:]))
    return (round(local.timestamp()) - offset_min * 60) * 1_000_000 + _fraction_us(stamp["f"])


def pictures(folder: Path) -> list[Path]:
    """All pictures of a folder in the order of their names."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)


def dated(folder: Path) -> list[tuple[int, Path]]:
    """Those pictures of a folder whose names say when they were taken, in the order of these times."""
    return sorted((at_us, file) for file in pictures(folder) if (at_us := taken_us(file.stem)) is not None)


def _fraction_us(digits: str | None) -> int:
    return int((digits or "0").ljust(6, "0"))
