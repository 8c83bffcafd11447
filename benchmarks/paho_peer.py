# SPDX-License-Identifier: Apache-2.0
"""What a program gets that hands each event to paho with QoS 1 and keeps nothing on disk.

`python -m benchmarks.paho_peer --port PORT --expect N --ready FILE` is the far end: it subscribes, counts, and ends
after N messages.
"""

import argparse
import itertools
import sys
import threading
import time
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from benchmarks.sample_events import compact, readings
from provisioning.bench.broker import HOST
from provisioning.bench.child import Child

TOPIC: Final = "peer/readings"
_READY_WITHIN_S: Final = 20.0
_DONE_WITHIN_S: Final = 120.0
_MOST_QUEUED: Final = 50_000
"""paho refuses once its 65,535 message ids are all in use."""


def publish_all(folder: Path, port: int, count: int, inflight: int) -> float:
    """Messages a second, from the first publish until the last is acknowledged by the broker and at the far end."""
    ready = folder / "listener.ready"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.paho_peer", "--port", str(port), "--expect", str(count)]
    far_end = Child("listener", [*command, "--ready", str(ready)], folder / "listener.log")
    try:
        far_end.wait_until(ready.exists, _READY_WITHIN_S)
        begun = time.perf_counter()
        _publish(port, count, inflight)
        while far_end.running:
            assert time.perf_counter() - begun < _DONE_WITHIN_S, "messages are missing at the far end"
            time.sleep(0.005)
        took_s = time.perf_counter() - begun
    finally:
        far_end.kill()
    assert far_end.exit_code == 0
    return count / took_s


def _publish(port: int, count: int, inflight: int) -> None:
    payloads = [compact(data) for data in itertools.islice(readings(), min(count, 4096))]
    client = _client("peer")
    client.max_inflight_messages_set(inflight)
    connected = threading.Event()
    acknowledged = itertools.count(1)
    heard = [0]

    def on_publish(*_: object) -> None:
        heard[0] = next(acknowledged)

    client.on_connect = lambda *_: connected.set()
    client.on_publish = on_publish
    client.connect(HOST, port)
    client.loop_start()
    assert connected.wait(_READY_WITHIN_S)
    for number in range(count):
        while number - heard[0] > _MOST_QUEUED:
            time.sleep(0.001)
        assert client.publish(TOPIC, payloads[number % len(payloads)], 1).rc is MQTTErrorCode.MQTT_ERR_SUCCESS
    deadline = time.monotonic() + _DONE_WITHIN_S
    while heard[0] < count:
        assert time.monotonic() < deadline, "the broker did not acknowledge everything"
        time.sleep(0.001)
    client.disconnect()
    client.loop_stop()


def _client(name: str) -> Client:
    return Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)


def main() -> int:
    """The far end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paho_peer")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--expect", type=int, required=True)
    parser.add_argument("--ready", type=Path, required=True)
    args = parser.parse_args()
    left = itertools.count(args.expect - 1, -1)
    client = _client("listener")

    def heard(listener: Client, _: object, __: MQTTMessage) -> None:
        if next(left) == 0:
            listener.disconnect()

    client.on_message = heard
    client.on_connect = lambda listener, *_: listener.subscribe(TOPIC, 1)
    client.on_subscribe = lambda *_: args.ready.touch()
    client.connect(HOST, args.port)
    client.loop_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
