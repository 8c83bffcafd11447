# SPDX-License-Identifier: Apache-2.0
"""The device of the demo, written as a technician would write it: one illegal-parking camera on a loopback broker."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.problems import Language

DEVICE: Final = "demo-camera-1"
CAMERA: Final = "kerb"
STREET: Final = "street:demo?stop_s=6&stay_s=45"
"""The simulated street: a car stops after six seconds and stands for three quarters of a minute."""

KERB: Final = ((0.281, 0.664), (0.719, 0.664), (0.742, 0.782), (0.258, 0.782))
"""The yellow box painted in the simulated street; a test holds it equal to the street's own truth."""
WHOLE_FRAME: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

Zone = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """What differs from one demo to the next. `model` is a detector's name or manifest; None watches for motion."""

    source: str = STREET
    zone: Zone = KERB
    model: str | None = None
    models: tuple[Path, ...] = ()
    language: Language = Language.EN


def write_device(device: DemoDevice, folder: Path, broker_port: int) -> tuple[Path, Path]:
    """Write the configuration into `folder`; returns it and the path of the agent's socket."""
    file, socket = folder / "device.toml", folder / "agent.sock"
    file.write_text(_text(device, folder, socket, broker_port), "utf-8")
    return file, socket


def _text(device: DemoDevice, folder: Path, socket: Path, broker_port: int) -> str:
    models = json.dumps([str(place) for place in device.models], ensure_ascii=False)
    detector = f'kind = "onnx"\nmodel = {_quoted(device.model)}' if device.model else 'kind = "motion"'
    return f"""\
# Written by `provision demo`. Limits are short, so that a minute shows what takes a quarter of an hour in the street.

models = {models}

[device]
name = "{DEVICE}"
language = "{device.language.value}"

[store]
folder = {_quoted(str(folder / "agent"))}
socket = {_quoted(str(socket))}

[link]
keepalive_s = 5
ack_timeout_s = 5.0
backoff_min_s = 0.2
backoff_max_s = 2.0
spread_s = 0.0

[[link.brokers]]
host = "127.0.0.1"
port = {broker_port}

[[cameras]]
name = "{CAMERA}"
source = {_quoted(device.source)}

[cameras.detector]
{detector}

[roles.illegal_parking]
place = {{ code = "DT-0001", name = {_quoted(_PLACE[device.language])} }}

[[roles.illegal_parking.zones]]
name = "kerb"
camera = "{CAMERA}"
polygon = {json.dumps(device.zone)}
grace_s = 2.0
limit_s = 10.0
photo_interval_s = 3.0
"""


_PLACE: Final = {Language.EN: "Harbour Road", Language.ZH: "海港路"}


def _quoted(text: str) -> str:
    """As a TOML basic string, which reads like JSON's."""
    return json.dumps(text, ensure_ascii=False)
