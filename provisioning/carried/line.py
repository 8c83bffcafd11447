# SPDX-License-Identifier: Apache-2.0
"""The importer's line to the broker: paho driven by hand on the caller's thread, nothing kept beyond one connection."""

import ssl
import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.config.models import Broker
from edge.contract.batch import BATCH_CONTENT_TYPE, DEFLATE
from edge.contract.problems import ProblemError

_KEEPALIVE_S: Final = 20
_ANSWER_WITHIN_S: Final = 10.0
_STEP_S: Final = 0.1
_NEVER_HELD: Final = 65_535
_NO_SUBSCRIBER: Final = 0x10
_NOT_AUTHORISED: Final = 0x87
_OTHER_VERSION: Final = 0x84
_NO_LIMIT: Final = 268_435_455
_FALL_BACK: Final = {
    MQTTProtocolVersion.MQTTv5: MQTTProtocolVersion.MQTTv311,
    MQTTProtocolVersion.MQTTv311: MQTTProtocolVersion.MQTTv5,
}
_VERSIONS: Final = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}


class LineLostError(ConnectionError):
    """The connection ended; what was not acknowledged by the hub must be sent again."""


class Line:
    """One connection after another to one broker. `on_ack` is given what comes on the topic `listen`.

    `on_answer` is told of each publish whether the broker found anybody to give it to.
    """

    def __init__(
        self, broker: Broker, listen: str, on_ack: Callable[[bytes], None], on_answer: Callable[[int, bool], None]
    ) -> None:
        """`open` connects."""
        self._broker = broker
        self._listen = listen
        self._on_ack = on_ack
        self._on_answer = on_answer
        self._version = _VERSIONS.get(broker.protocol, MQTTProtocolVersion.MQTTv5)
        self._client: Client | None = None
        self._ready = False
        self._understood = False
        """Whether the broker ever took this version of MQTT."""
        self._odd_greeting = False
        self._why = ""
        self._refusal = ""
        self.most = _NO_LIMIT
        """The largest packet this broker takes."""

    @property
    def address(self) -> str:
        """Where it leads, for people."""
        return f"{self._broker.host}:{self._broker.port}"

    def open(self) -> None:
        """Connect and subscribe. Raises `ProblemError` broker-unreachable or link-refused."""
        try:
            self._open()
        except ProblemError:
            if not self._odd_greeting:
                raise
            self._version = _FALL_BACK[self._version]
            self._open()

    def _open(self) -> None:
        self.close()
        self._ready, self._odd_greeting, self._why, self._refusal = False, False, "no answer in time", ""
        client = self._client = self._new_client()
        try:
            client.connect(self._broker.host, self._broker.port, _KEEPALIVE_S)
            until_s = time.monotonic() + _ANSWER_WITHIN_S
            while not self._ready and not self._refusal and time.monotonic() < until_s:
                self.pump(_STEP_S)
        except (OSError, ValueError) as failed:
            # A broker that hangs up on the greeting may know only the other version of MQTT.
            self._odd_greeting = isinstance(failed, LineLostError) and self._may_change_version
            self.close()
            raise ProblemError(
                "broker-unreachable", broker=self.address, reason=getattr(failed, "strerror", None) or str(failed)
            ) from failed
        if not self._ready:
            self.close()
            if self._refusal:
                raise ProblemError("link-refused", broker=self.address, reason=self._refusal)
            raise ProblemError("broker-unreachable", broker=self.address, reason=self._why)
        self._understood = True

    def publish(self, topic: str, payload: bytes, *, deflated: bool) -> int:
        """Send with QoS 1; the number comes back through `on_answer`. Raises `LineLostError`."""
        client = self._connected()
        properties = None
        if self._version is MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.ContentType = BATCH_CONTENT_TYPE
            if deflated:
                properties.UserProperty = [DEFLATE]
        return client.publish(topic, payload, qos=1, properties=properties).mid

    def pump(self, wait_s: float) -> None:
        """Read and write what there is, waiting up to `wait_s` for it. Raises `LineLostError`."""
        code = self._connected().loop(wait_s)
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS and not self._refusal:
            raise LineLostError(self._why or str(code))

    def close(self) -> None:
        """Leave."""
        client, self._client = self._client, None
        if client is not None:
            client.on_disconnect = None
            client.disconnect()
            client.loop(0)
            if (sock := client.socket()) is not None:
                sock.close()

    def _connected(self) -> Client:
        if self._client is None:
            raise LineLostError(self._why)
        return self._client

    def _new_client(self) -> Client:
        broker = self._broker
        client = Client(
            CallbackAPIVersion.VERSION2,
            f"import-{uuid4().hex[:12]}",
            protocol=self._version,
            reconnect_on_failure=False,
            clean_session=None if self._version is MQTTProtocolVersion.MQTTv5 else True,
        )
        client.max_inflight_messages_set(_NEVER_HELD)
        client.connect_timeout = _ANSWER_WITHIN_S
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password())
        if broker.ca_file is not None:
            client.tls_set(
                ca_certs=str(broker.ca_file),
                certfile=str(broker.cert_file) if broker.cert_file else None,
                keyfile=str(broker.key_file) if broker.key_file else None,
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
        client.on_connect = self._connect_answered
        client.on_subscribe = self._subscribe_answered
        client.on_disconnect = self._disconnected
        client.on_publish = self._publish_answered
        client.on_message = self._message
        return client

    @property
    def _may_change_version(self) -> bool:
        return self._broker.protocol == "auto" and not self._understood

    def _connect_answered(
        self, client: Client, _: object, __: ConnectFlags, reason: ReasonCode, granted: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            self._odd_greeting = reason.value == _OTHER_VERSION and self._may_change_version
            return
        self.most = getattr(granted, "MaximumPacketSize", _NO_LIMIT)
        client.subscribe(self._listen, qos=1)

    def _subscribe_answered(self, _: Client, __: object, ___: int, codes: list[ReasonCode], ____: object) -> None:
        refused = next((code for code in codes if code.is_failure), None)
        self._refusal = f"{refused} for {self._listen}" if refused else ""
        self._ready = refused is None

    def _disconnected(self, _: Client, __: object, ___: object, reason: ReasonCode, ____: object) -> None:
        self._why = str(reason)

    def _publish_answered(self, _: Client, __: object, mid: int, reason: ReasonCode, ___: object) -> None:
        if reason.value == _NOT_AUTHORISED:
            self._refusal = f"{reason} to publish for the device"
            return
        self._on_answer(mid, reason.value != _NO_SUBSCRIBER and not reason.is_failure)

    def _message(self, _: Client, __: object, message: MQTTMessage) -> None:
        if message.topic == self._listen:
            self._on_ack(bytes(message.payload))

    @property
    def refusal(self) -> str:
        """What the broker refused for good, in its own words; empty if nothing."""
        return self._refusal
