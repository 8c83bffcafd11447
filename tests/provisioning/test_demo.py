# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.config.load import check_role, load_config
from edge.contract.problems import Language, ProblemError
from edge.roles.illegal_parking.config import Settings
from edge.vision.sources.street.truth import NO_STOPPING_ZONE
from models.catalog import standard_catalog
from provisioning.bench.broker import Broker, free_port
from provisioning.bench.detector_choice import find_detector
from provisioning.bench.device_file import KERB, WHOLE_FRAME, DemoDevice, write_device
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record
from tests.scenarios.world import ahead_of_others

pytestmark = pytest.mark.broker
PROVISION = [sys.executable, "-m", "provisioning.cli"]


def left_running(folder: Path) -> list[str]:
    """Command lines of processes that still name a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(folder) in said and "pytest" not in said.split(" ")[2:3]:
            found.append(said)
    return found


def assert_nothing_runs(folder: Path) -> None:
    """Who was told to end may take a moment to do so on a busy machine; nobody stays."""
    deadline = time.monotonic() + 60
    while left := left_running(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_zone_of_the_demo_is_the_painted_one() -> None:
    """The numbers in the demo's configuration are those of the yellow box in the simulated street."""
    assert KERB == NO_STOPPING_ZONE


@pytest.mark.parametrize(
    "device",
    [
        DemoDevice(),
        DemoDevice(source='C:\\clips\\"odd".mp4', zone=WHOLE_FRAME, language=Language.ZH),
        DemoDevice(source="rtsp://127.0.0.1/1", zone=WHOLE_FRAME, model="yolox_nano_416", models=(Path("/tmp/ä"),)),
    ],
    ids=["street", "clip", "camera"],
)
def test_device_of_the_demo_is_a_valid_one(device: DemoDevice, tmp_path: Path) -> None:
    """What the demo writes is what a technician could have written: the loader and the role accept it as it is."""
    file, _ = write_device(device, tmp_path, 1883)
    loaded = load_config(file, {})
    check_role(loaded, "illegal_parking", Settings)
    [camera] = loaded.config.cameras
    assert (camera.source, camera.detector.model, loaded.config.models) == (device.source, device.model, device.models)


def test_detector_comes_along() -> None:
    """Ours is there on a fresh machine; a model that is named and not there is a problem and not a surprise."""
    assert standard_catalog().open(find_detector(None)).manifest.task == "detect"
    with pytest.raises(ProblemError):
        find_detector("no-such-model")


@pytest.mark.slow
@pytest.mark.scenario
def test_link_cut_while_a_car_is_parked(tmp_path: Path) -> None:
    """The whole path with the real agent: a case completed without a link arrives once, with every picture whole."""
    with ahead_of_others():
        ended = subprocess.run(
            [*PROVISION, "demo", "--json", "--folder", str(tmp_path)], capture_output=True, timeout=800, check=False
        )
    assert ended.returncode == 0, ended.stderr.decode()
    figures = json.loads(ended.stdout.splitlines()[-1])
    assert list(figures) == [
        "expected",
        "received",
        "lost",
        "duplicated",
        "blobs_verified",
        "blobs_expected",
        "offline_s",
    ]
    assert (figures["lost"], figures["duplicated"]) == (0, 0)
    assert figures["expected"] == figures["received"] > 0
    assert figures["blobs_verified"] == figures["blobs_expected"] >= 3
    [run] = tmp_path.iterdir()
    record = Record(run / "hub")
    [case] = record.cases()
    assert {picture.view for picture in case.pictures} >= {"whole-scene", "vehicle"}
    record.close()
    assert_nothing_runs(tmp_path)


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_bench_leaves_nothing_running(tmp_path: Path, sign: signal.Signals, code: int) -> None:
    """However the bench ends, even by force, broker and hub end with it."""
    command = [*PROVISION, "bench", "--port", "0", "--page-port", "0", "--folder", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "LANG": "C"}) as bench:
        assert bench.stderr is not None
        told = "".join(bench.stderr.readline().decode() for _ in range(5))
        assert re.search(r"http://127\.0\.0\.1:\d+/", told)
        assert re.search(r"port = \d+", told)
        assert len(left_running(tmp_path)) >= 3
        bench.send_signal(sign)
        assert bench.wait(200) == code
    # The kernel delivers the children's death when the parent's last thread is gone: a new hub gets the folder.
    assert_nothing_runs(tmp_path)
    with Broker(tmp_path / "broker") as broker, HubProcess(broker.address, tmp_path / "hub"):
        pass


def test_taken_port_is_not_mistaken_for_ours(tmp_path: Path) -> None:
    """A broker that is there already is not taken for the one just started."""
    with Broker(tmp_path / "first", free_port()) as first, pytest.raises(ProblemError, match="bench-port-taken"):
        Broker(tmp_path / "second", first.port).start()
