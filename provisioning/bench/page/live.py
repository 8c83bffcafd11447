# SPDX-License-Identifier: Apache-2.0
"""Cameras one can look through, and the newest picture that each has sent because somebody asked."""

from typing import Final

from edge.contract.commands import RESULT_TYPE
from provisioning.bench.page.lots import inner_list
from provisioning.bench.page.plain import View, inner, typed
from provisioning.bench.record import Record

_RESULTS: Final = 60


def cameras(record: Record) -> list[View]:
    """Every camera that an online device has told of, by device and name."""
    online = {row.device for row in record.devices() if row.online}
    newest = _pictures(record)
    return [
        {"device": device, "camera": name, "online": bool(camera.get("online")), **newest.get((device, name), _NONE)}
        for device, state in sorted(record.reported().items())
        if device in online
        for camera in inner_list(state, "cameras")
        if (name := typed(camera.get("name")))
    ]


_NONE: Final[View] = {"sha256": "", "at": ""}


def _pictures(record: Record) -> dict[tuple[str, str], View]:
    """By device and camera, those that have arrived whole."""
    found: dict[tuple[str, str], View] = {}
    for event in record.shown(RESULT_TYPE, _RESULTS):
        output = inner(event["data"], "output")
        sha256 = typed(inner(output, "picture").get("sha256"))
        key = (typed(event["source"]).removeprefix("/devices/"), typed(output.get("camera")))
        if sha256 and key not in found and record.blob(sha256) is not None:
            found[key] = {"sha256": sha256, "at": typed(output.get("at"))}
    return found
