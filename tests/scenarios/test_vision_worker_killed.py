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

STOP_S, STAY_S, LIMIT_S = 11.0, 25.0, 14.0
"""The car comes late enough for a worker that a busy machine starts slowly: who stands there first has not arrived."""


def test_vision_worker_and_agent_killed(world: World) -> None:
    """Worker killed, agent killed, worker frozen, all while one car stands: one stay, one case, all its evidence."""
    world.configure(more=street(begin=time.time() + 1.5))
    world.start()
    wait_until(lambda: len(told(world, OPENED_TYPE)) == 1, 40.0, "the stay is opened")
    os.kill(worker(world), signal.SIGKILL)
    wait_until(lambda: camera(world, lambda state: state.online and state.restarts == 1), 15.0, "a new worker sees")
    world.agent.kill()
    world.agent.start()
    wait_until(lambda: camera(world, lambda state: state.online), 15.0, "the new agent sees")
    frozen = worker(world)
    os.kill(frozen, signal.SIGSTOP)
    wait_until(lambda: not Path(f"/proc/{frozen}").exists(), 15.0, "the frozen worker is ended")
    wait_until(lambda: camera(world, lambda state: state.online and state.restarts == 1), 15.0, "a new worker sees")
    assert told(world, DEPARTED_TYPE) == []
    wait_until(lambda: len(told(world, DEPARTED_TYPE)) == 1, 60.0, "the car has left")
    world.settled()
    (opened,), (case,), (departed,) = (told(world, kind) for kind in (OPENED_TYPE, CASE_TYPE, DEPARTED_TYPE))
    assert opened["case"] == case["case"] == departed["case"]
    assert departed["completed"] is True
    assert LIMIT_S <= case["dwell_s"] <= STAY_S
    assert_evidence(world, case)


def street(begin: float) -> str:
    """An illegal-parking camera on the simulated street, whose car comes to stand `STOP_S` after `begin`."""
    return f"""
[[cameras]]
name = "kerb"
source = "street:demo?stop_s={STOP_S}&stay_s={STAY_S}&begin={begin}"
[roles.illegal_parking]
place = {{ code = "DT-0001", name = "Harbour Road" }}
[[roles.illegal_parking.zones]]
name = "kerb"
camera = "kerb"
polygon = {json.dumps(KERB)}
grace_s = 2.0
limit_s = {LIMIT_S}
photo_interval_s = 3.0
"""


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
    status = world.agent.status()
    return status is not None and holds(status.cameras[0])


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
