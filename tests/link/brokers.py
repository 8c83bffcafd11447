# SPDX-License-Identifier: Apache-2.0
"""Real brokers, who else is on them, and links to them."""

import asyncio
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Literal, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.config.models import Broker as BrokerConfig
from edge.link.mqtt import MqttLink
from edge.link.port import Events, LinkEvent
from provisioning.bench.broker import HOST, PLACES
from tests.link.district import DEVICE, TinyHub

WITHIN_S = 200.0
KEEPALIVE_S = 600
"""No line is given up for it while a test lasts."""
Version = Literal["5", "3.1.1", "auto"]
_CLIENTS = count()
Kind = TypeVar("Kind", bound=LinkEvent)


def mosquitto(folder: Path, settings: str) -> subprocess.Popen[bytes]:
    """A mosquitto with settings of its own."""
    (folder / "own.conf").write_text(settings + "\nuser root\n")
    program = subprocess.run(
        ["which", "mosquitto"], env={**os.environ, "PATH": PLACES}, check=False, capture_output=True, text=True
    )
    if program.returncode:
        pytest.skip("no mosquitto here")
    return subprocess.Popen([program.stdout.strip(), "-c", folder / "own.conf"], stderr=subprocess.DEVNULL)


def link_to(port: int, events: Events, version: Version = "auto", **more: object) -> MqttLink:
    config = BrokerConfig.model_validate({"host": HOST, "port": port, "protocol": version, **more})
    return MqttLink(config, f"{DEVICE}-{next(_CLIENTS)}", KEEPALIVE_S, 60.0, events)


async def next_of(events: Events, kind: type[Kind]) -> Kind:
    async with asyncio.timeout(WITHIN_S):
        while True:
            event = await events.get()
            if isinstance(event, kind):
                return event


class Ear:
    """Somebody else on the broker: hears everything, and can speak."""

    def __init__(self, port: int, *topics: str, answer: TinyHub | None = None) -> None:
        """It listens already when this returns."""
        self.heard: dict[str, list[bytes]] = {}
        self.retained: dict[str, bytes] = {}
        self._answer = answer
        self._client = Client(CallbackAPIVersion.VERSION2, f"ear-{os.getpid()}-{id(self)}")
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in topics])
        self._client.on_message = self._take
        listening = threading.Event()
        self._client.on_subscribe = lambda *_: listening.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, port)
        self._client.loop_start()
        assert listening.wait(WITHIN_S)

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(WITHIN_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, client: Client, _: object, message: MQTTMessage) -> None:
        self.heard.setdefault(message.topic, []).append(bytes(message.payload))
        if message.retain:
            self.retained[message.topic] = bytes(message.payload)
        for topic, payload in self._answer(message.topic, bytes(message.payload)) if self._answer else ():
            client.publish(topic, payload, qos=1)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():  # noqa: ASYNC110  (what is waited for happens in another process)
            await asyncio.sleep(0.01)


def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 0.5).close()
    except OSError:
        return False
    return True


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "broker.pem").write_bytes(built.public_bytes(Encoding.PEM))
    (folder / "broker.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    ssl.create_default_context(cafile=folder / "broker.pem")
    return folder / "broker.pem", folder / "broker.key"
