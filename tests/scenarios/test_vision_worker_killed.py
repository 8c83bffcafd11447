# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from edge.contract.evidence import CASE_TYPE, DEPARTED_TYPE, OPENED_TYPE, Case, CaseManifest
from edge.contract.local import CameraState
from provisioning.bench.device_file import KERB
from provisioning.bench.record import Record
from tests.scenarios.load import wait_until
from tests.scenarios.world import World, children

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

LIMIT_S = 14.0
FOREVER_S = 600_000.0
LOOKS = 10
STREET = "street:demo?cars=0"
"""Nobody passes: to a camera that a busy machine lets look once a second, who passes might drive through who stands."""
KERB_CAMERA = """
[[cameras]]
name = "kerb"
source = "{source}"
[roles.illegal_parking]
place = {{ code = "DT-0001", name = "Harbour Road" }}
[[roles.illegal_parking.zones]]
name = "kerb"
camera = "kerb"
polygon = {polygon}
grace_s = 2.0
limit_s = {limit_s}
photo_interval_s = 3.0
"""


def test_vision_worker_and_agent_killed(world: World) -> None:
    """Worker killed, agent killed, worker frozen, all while one car stands: one stay, one case, all its evidence."""
    begun_s, stop_s = a_car_is_to_come(world)
    wait_until(lambda: len(told(world, OPENED_TYPE)) == 1, 40.0, "the stay is opened")
    os.kill(worker(world), signal.SIGKILL)
    wait_until(lambda: camera(world, lambda state: state.online and state.restarts > 0), 15.0, "a new worker sees")
    world.agent.kill()
    world.agent.start()
    wait_until(lambda: camera(world, lambda state: state.online), 15.0, "the new agent sees")
    frozen = worker(world)
    os.kill(frozen, signal.SIGSTOP)
    wait_until(lambda: not Path(f"/proc/{frozen}").exists(), 15.0, "the frozen worker is ended")
    wait_until(lambda: camera(world, lambda state: state.online and state.restarts > 0), 15.0, "a new worker sees")
    wait_until(lambda: len(told(world, CASE_TYPE)) == 1, 40.0, "the case is told")
    assert told(world, DEPARTED_TYPE) == []
    stay_s = time.time() - begun_s - stop_s + 4.0
    start_on(world, f"{STREET}&stop_s={stop_s}&stay_s={stay_s}&begin={begun_s}")
    wait_until(lambda: len(told(world, DEPARTED_TYPE)) == 1, 60.0, "the car has left")
    world.settled()
    (opened,), (case,), (departed,) = (told(world, kind) for kind in (OPENED_TYPE, CASE_TYPE, DEPARTED_TYPE))
    assert opened["case"] == case["case"] == departed["case"]
    assert departed["completed"] is True
    assert LIMIT_S <= case["dwell_s"] <= stay_s
    assert_evidence(world, case)


def a_car_is_to_come(world: World) -> tuple[float, float]:
    """Start everything before a street whose car stops when it is surely seen to come, however busy the machine is.

    Who stands there already when a camera opens its eyes has not arrived. When the street began, seconds since 1970,
    and after how many more the car stands.
    """
    world.broker.start()
    world.hub.start()
    launched_s = time.monotonic()
    start_on(world, "street:quiet")
    took_s = time.monotonic() - launched_s
    skip_if_blind(world)
    begun_s, stop_s = time.time(), 6.0 + 3 * took_s
    start_on(world, f"{STREET}&stop_s={stop_s}&stay_s={FOREVER_S}&begin={begun_s}")
    return begun_s, stop_s


def skip_if_blind(world: World) -> None:
    """A camera that is hardly let look cannot tell who has gone from whom it has not looked at yet."""
    looked_s, first = time.monotonic(), world.agent.answer().cameras[0].frames
    wait_until(lambda: camera(world, lambda state: state.frames >= first + LOOKS), 30.0, "the camera looks")
    if time.monotonic() - looked_s > LOOKS:
        pytest.skip("too much else is done on this machine: its camera looks less than once a second")


def start_on(world: World, source: str) -> None:
    """The agent, anew, with a camera on this source; return when it sees."""
    world.agent.close()
    polygon = json.dumps(KERB)
    world.configure(more=KERB_CAMERA.format(source=source, polygon=polygon, limit_s=LIMIT_S))
    world.agent.start()
    wait_until(lambda: camera(world, lambda state: state.online), 30.0, "the camera is seen")


def told(world: World, kind: str) -> list[dict[str, Any]]:
    """Data of the hub's events of one type."""
    record = Record(world.hub.folder)
    try:
        return [event["data"] for event in record.events(kind)]
    finally:
        record.close()


def worker(world: World) -> int:
    """The only child of the agent's nursery."""
    (nursery,) = children(world.agent.pid)
    (child,) = children(nursery)
    return child


def camera(world: World, holds: Callable[[CameraState], bool]) -> bool:
    """Whether the agent answers and its camera is so."""
    return holds(world.agent.answer().cameras[0])


def assert_evidence(world: World, data: dict[str, Any]) -> None:
    """Every photograph has its hash, and the manifest signs exactly these facts with the device's key."""
    case = Case.model_validate(data)
    pictures = [photograph.blob.sha256 for photograph in case.photographs]
    assert sum(photograph.view == "whole-scene" for photograph in case.photographs) >= 3
    record = Record(world.hub.folder)
    for sha256 in pictures:
        found = record.blob(sha256)
        assert found is not None
        assert hashlib.sha256(found[0].read_bytes()).hexdigest() == sha256
    record.close()
    manifest = CaseManifest.model_validate_json(signed_by_device(world, case.manifest))
    assert list(manifest.photos) == pictures
    assert manifest.facts.model_dump() == case.model_dump(exclude={"manifest"})


def signed_by_device(world: World, token: str) -> bytes:
    """Payload of a compact JWS, checked by hand and not by the library that made it."""
    key = load_pem_private_key((world.store / "device.key").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    signed, _, signature = token.rpartition(".")
    header, payload = (base64url(part) for part in signed.split("."))
    assert json.loads(header)["alg"] == "EdDSA"
    key.public_key().verify(base64url(signature), signed.encode())
    return payload


def base64url(text: str) -> bytes:
    """Without its padding, as JWS has it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
