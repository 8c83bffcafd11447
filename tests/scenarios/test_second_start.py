# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.contract.problems import ProblemError
from edge.durable.database import open_store
from tests.scenarios.load import wait_until
from tests.scenarios.world import DEVICE, LinkTimes, World, children

pytestmark = [pytest.mark.scenario, pytest.mark.broker]

STOP_WITHIN_S = 60.0
"""It takes half a second; a machine that does much else may take its time, but not so long."""
CAMERA = """
[[cameras]]
name = "kerb"
source = "street:quiet"
"""


def test_second_agent_is_refused(world: World) -> None:
    """Two agents never share a store: the second says store-busy with a next step, exits 1, and harms nothing."""
    world.agent.start()
    second = subprocess.run(world.agent.command("run"), capture_output=True, text=True, timeout=200, check=False)
    assert second.returncode == 1
    assert "[store-busy]" in second.stderr
    assert str(world.store) in second.stderr
    assert "Traceback" not in second.stderr
    world.agent.answer()


def test_sigterm_ends_cleanly(world: World) -> None:
    """SIGTERM: exit 0 in time, `offline` retained at the broker, no socket and no vision worker left."""
    world.configure(more=CAMERA)
    world.start()
    wait_until(lambda: bool(_cameras_online(world)), 30.0, "the camera is seen")
    (nursery,) = children(world.agent.pid)
    workers = [nursery, *children(nursery)]
    assert len(workers) == 2
    begun_s = time.monotonic()
    os.kill(world.agent.pid, signal.SIGTERM)
    wait_until(lambda: world.agent.child.exit_code is not None, 10.0, "the agent ends")
    assert time.monotonic() - begun_s < STOP_WITHIN_S
    assert world.agent.child.exit_code == 0
    # Who is orphaned as a zombie is init's to bury, in its own time; that none of them lives on is the agent's part.
    wait_until(lambda: not any(map(_lives, workers)), 1.0, "nursery and worker have ended")
    assert not (world.folder / "agent.sock").exists()
    presence = json.loads(_retained(world, f"dt/1/{DEVICE}/up/presence"))
    assert presence["online"] is False
    assert "Traceback" not in world.agent.log.read_text("utf-8")


def test_sigterm_while_dialling_nowhere(world: World) -> None:
    """A dial that gets no answer at all does not hold up the end."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:  # fill the queue: the kernel drops whoever knocks now
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        with pytest.raises(TimeoutError):
            socket.create_connection(("127.0.0.1", port), 0.3)
        world.configure(port=port, times=LinkTimes(connect_timeout_s=120.0))
        world.agent.start()
        begun_s = time.monotonic()
        os.kill(world.agent.pid, signal.SIGTERM)
        wait_until(lambda: world.agent.child.exit_code is not None, 30.0, "the agent ends")
        assert time.monotonic() - begun_s < STOP_WITHIN_S
        assert world.agent.child.exit_code == 0
        for caller in callers:
            caller.close()


def test_start_is_not_kept_out(world: World) -> None:
    """Programs that open and close the store without pause do not keep a starting agent waiting."""
    enough = threading.Event()
    turns: list[int] = []

    def take_turns() -> None:
        while not enough.is_set():
            try:
                opened = open_store(world.store, wait_s=0.0)
            except ProblemError:
                enough.wait(0.01)
                continue
            turns.append(1)
            enough.wait(0.01)
            opened.release()

    programs = [threading.Thread(target=take_turns) for _ in range(3)]
    for program in programs:
        program.start()
    try:
        wait_until(lambda: len(turns) > 20, 20.0, "programs take turns")
        world.agent.start()
    finally:
        enough.set()
        for program in programs:
            program.join()


def _lives(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "State:\tZ" not in status


def _cameras_online(world: World) -> list[str]:
    status = world.agent.status()
    return [camera.name for camera in status.cameras if camera.online] if status else []


def _retained(world: World, topic: str) -> bytes:
    """What the broker keeps under a topic."""
    heard: list[MQTTMessage] = []
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.on_message = lambda _, __, message: heard.append(message)
    client.connect("127.0.0.1", world.broker.port)
    client.loop_start()
    try:
        wait_until(lambda: bool(heard), 10.0, f"something is retained under {topic}")
    finally:
        client.disconnect()
        client.loop_stop()
    assert heard[0].retain
    return bytes(heard[0].payload)
