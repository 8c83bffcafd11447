# SPDX-License-Identifier: Apache-2.0
"""Time-stamped frames in folders, the zones drawn on them, and the truth about who stood there: see `dwell`."""

import csv
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from benchmarks.eyes import picture
from benchmarks.figures import progress
from edge.roles.illegal_parking.config import Settings
from edge.vision.source import Image
from edge.vision.sources.dated import dated, pictures, taken_us

CAMERA: Final = "camera"
PLACE: Final = {"code": "0", "name": "-"}
LIMIT_S: Final = 300.0
"""Where a zones file does not say how long is too long."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A vehicle that truly stood in a zone, from its first frame to its last."""

    zone: str
    first_us: int
    last_us: int

    @property
    def dwell_s(self) -> float:
        """How long."""
        return (self.last_us - self.first_us) / 1e6


@dataclass(frozen=True, slots=True)
class Film:
    """One camera's frames in order, and what is to be watched in them; before each of `restarts` the device stops."""

    name: str
    settings: Settings
    frames: Iterable[tuple[int, Image]]
    truth: tuple[Stood, ...] | None
    restarts: frozenset[int] = field(default=frozenset())

    @property
    def limits_s(self) -> dict[str, float]:
        """Each zone's."""
        return {zone.name: zone.limit_s for zone in self.settings.zones}


def films(data: Path) -> list[Film]:
    """Every folder of frames in `data` for which there are zones, as a film. Raises `ValueError` naming a bad file."""
    folders = [folder for folder in (data, *sorted(data.rglob("*"))) if folder.is_dir() and dated(folder)]
    common = _zones(data)
    named = {_camera(folder) for folder in folders}
    found = []
    for folder in folders:
        table = _zones(folder) or common
        where = folder if _zones(folder) else data
        with _named_in(where, "zones", "docs/how-to/no-stopping-zone.md tells what a zone is"):
            settings = _settings(table, folder, named) if table else None
        if settings is not None:
            with _named_in(where, "truth", "a row has `zone`, `first_seen`, and `last_seen` or `dwell_s`"):
                truth = _truth(where, folder, settings)
            undated = len(pictures(folder)) - len(dated(folder))
            if undated:
                progress(
                    f"  {folder.name}: {undated} pictures are left out: their names do not say when they were taken"
                )
            found.append(Film(folder.name, settings, _frames(folder), truth))
    return found


def _frames(folder: Path) -> Iterator[tuple[int, Image]]:
    for at_us, file in dated(folder):
        image = picture(file)
        if image is not None:
            yield at_us, image


@contextmanager
def _named_in(folder: Path, name: str, known: str) -> Iterator[None]:
    """What somebody has written, and cannot be understood, is told with its file and what belongs there."""
    try:
        yield
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except KeyError as wrong:
        reason = f"there is no {wrong}"
    except ValueError as wrong:
        reason = str(wrong)
    except (TypeError, AttributeError, IndexError):
        reason = "it is not laid out as it should be"
    else:
        return
    file = next((one for one in sorted(folder.glob(f"{name}.*"))), folder / name)
    raise ValueError(f"{file}: {reason} ({known})")


def _zones(folder: Path) -> dict[str, Any]:
    """The zones file's table; empty if there is none."""
    toml, as_json = folder / "zones.toml", folder / "zones.json"
    if toml.exists():
        with _named_in(folder, "zones", "TOML is expected, in UTF-8"):
            table: Any = tomllib.loads(toml.read_text("utf-8-sig"))
    elif as_json.exists():
        with _named_in(folder, "zones", "JSON is expected, in UTF-8"):
            table = json.loads(as_json.read_text("utf-8-sig"))
    else:
        return {}
    if isinstance(table, list):
        return {"zones": table}
    table = table.get("roles", {}).get("illegal_parking", table)
    zones = table.get("zones", {})
    if isinstance(zones, Mapping):
        table = {**table, "zones": [{"name": name, **_drawn(zone)} for name, zone in zones.items()]}
    return dict(table)


def _drawn(zone: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever somebody wrote
    return dict(zone) if isinstance(zone, Mapping) else {"polygon": zone}


def _settings(table: dict[str, Any], folder: Path, cameras: set[str]) -> Settings | None:
    """The role's settings for one folder of frames; None if no zone is its own."""
    whole = {key: value for key, value in table.items() if key in Settings.model_fields and key != "zones"}
    usual = {key: value for key, value in table.items() if key in {"limit_s", "grace_s", "photo_interval_s", "photos"}}
    camera, size = _camera(folder), next(((image.shape[1], image.shape[0]) for _, image in _frames(folder)), (1, 1))
    zones = [
        _zone({**usual, **zone}, size, number, camera)
        for number, zone in enumerate(table["zones"])
        if len(cameras) == 1 or zone.get("camera", camera) in {camera, folder.name}
    ]
    return Settings.model_validate({"place": PLACE, **whole, "zones": zones}) if zones else None


def _zone(zone: dict[str, Any], size: tuple[int, int], number: int, camera: str) -> dict[str, Any]:
    """A zone as the role takes it: names as it allows them, corners as fractions, no wait for plates."""
    known = dict(zone)
    corners = known.pop("polygon", None) or known.pop("points", None) or known.pop("corners", None) or ()
    if any(value > 1 for corner in corners for value in corner):
        corners = [(min(1.0, x / size[0]), min(1.0, y / size[1])) for x, y in corners]
    limit_s = float(known.setdefault("limit_s", LIMIT_S))
    known.setdefault("grace_s", min(30.0, limit_s))
    known.setdefault("plate", "no")
    return {**known, "name": _named(str(known.get("name", number))), "camera": camera, "polygon": corners}


def _named(text: str) -> str:
    """A name as the configuration allows it; of other scripts each letter by its number, so that they stay apart."""
    text = "".join(letter if letter.isascii() else f"-{ord(letter):x}" for letter in text)
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-") or "zone"


def _camera(folder: Path) -> str:
    return _named(folder.name)[:64]


def _truth(where: Path, folder: Path, settings: Settings) -> tuple[Stood, ...] | None:
    """What is known of who stood there, of this folder's camera; None if nothing is."""
    rows = _rows(folder) if _rows(folder) is not None else _rows(where)
    if rows is None:
        return None
    start_us, zones = dated(folder)[0][0], {zone.name for zone in settings.zones}
    offset_min = int(settings.utc_offset[:3]) * 60 + int(settings.utc_offset[0] + settings.utc_offset[4:])
    own = [row for row in rows if _named(str(row.get("camera") or folder.name)) == _camera(folder)]
    stood = (_stood(row, start_us, offset_min, zones) for row in own)
    return tuple(one for one in stood if one is not None)


def _rows(folder: Path) -> list[dict[str, Any]] | None:
    if (folder / "truth.json").exists():
        found = json.loads((folder / "truth.json").read_text("utf-8-sig"))
        lists = [found[key] for key in ("cases", "truth") if key in found] if isinstance(found, dict) else [found]
        return list(lists[0]) if lists else []
    if (folder / "truth.csv").exists():
        with (folder / "truth.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    return None


def _stood(row: Mapping[str, Any], start_us: int, offset_min: int, zones: set[str]) -> Stood | None:
    zone = _named(str(row["zone"])) if row.get("zone") not in {None, ""} else next(iter(zones))
    if zone not in zones:
        progress(f"  truth is left out: {row['zone']} is none of the zones")
        return None
    first_us = _instant_us(row["first_seen"], start_us, offset_min)
    if row.get("last_seen") not in {None, ""}:
        return Stood(zone, first_us, _instant_us(row["last_seen"], start_us, offset_min))
    return Stood(zone, first_us, first_us + round(float(row["dwell_s"]) * 1e6))


def _instant_us(said: Any, start_us: int, offset_min: int) -> int:  # noqa: ANN401 - a number or a text
    """An instant: ISO or as in a frame's name; a small number counts seconds from the first frame."""
    text = str(said).strip()
    if re.fullmatch(r"\d+(\.\d+)?", text) and float(text) < 1e8:
        return start_us + round(float(text) * 1e6)
    at_us = taken_us(text, offset_min)
    if at_us is None:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
        at_us = round(at.timestamp() * 1e6)
    return at_us
