# SPDX-License-Identifier: Apache-2.0
"""The hub's line to the broker: one thread, paho driven by hand, each PUBACK left until the record is committed."""

import math
import select
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

CLIENT_ID: Final = "dongtou-hub"
NEVER_EXPIRES: Final = 0xFFFFFFFF
_GATHER_MESSAGES: Final = 64
"""A commit holds so many at most: bounds memory (each inflates to 256 KiB) and how long a device waits for its ack."""
_RECEIVE_MAXIMUM: Final = 200
_KEEPALIVE_S: Final = 5
"""A frozen broker of several is given up after twice as long, and the next one asked."""
_AGAIN_S: Final = 0.25
_REST_S: Final = 0.05
_ANSWER_WITHIN_S: Final = 3.0
"""A broker that knows only MQTT 3.1.1 may wait for the rest of a MQTT 5 greeting instead of refusing it."""
_FILTERS_A_PACKET: Final = 100
_OTHER: Final = {
    MQTTProtocolVersion.MQTTv5: MQTTProtocolVersion.MQTTv311,
    MQTTProtocolVersion.MQTTv311: MQTTProtocolVersion.MQTTv5,
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message that waits for its PUBACK. `line` tells which connection brought it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    line: int


class HubLink:
    """A persistent session: what devices send while the hub is away waits for it at the broker."""

    def __init__(
        self,
        brokers: Sequence[tuple[str, int]],
        client_id: str = CLIENT_ID,
        session_expiry_s: int = NEVER_EXPIRES,
    ) -> None:
        """Prepare; `gather` connects to one of `brokers`, and to the next when that one fails.

        `session_expiry_s` counts from the loss of a connection.
        """
        self._brokers = brokers
        self._turn = 0
        self._understood = False
        self._passes_over_retained = False
        self._client_id = client_id
        self._session_expiry_s = session_expiry_s
        self._line = 0
        self._waits_for_filters = False
        self._broker_shares = False
        self._unsubscribed: set[int | None] = set()
        self._subscribed = False
        self._said: dict[int, str] = {}
        self._arrived: list[Arrived] = []
        self._client = self._new_client(MQTTProtocolVersion.MQTTv5)
        self._answer_by_s = math.inf
        self._greeted = False
        """Whether the broker has taken us, on the present connection or the last one."""

    @property
    def waits_for_filters(self) -> bool:
        """Whether there is a new connection that `begin` has not been called for."""
        return self._waits_for_filters

    @property
    def broker_shares(self) -> bool:
        """Whether the broker of this connection has shared subscriptions."""
        return self._broker_shares

    @property
    def subscribed(self) -> bool:
        """Whether the broker has taken every subscription on the present connection."""
        return self._subscribed and not self._unsubscribed

    @property
    def unanswered(self) -> frozenset[str]:
        """Topics on which something was published that the broker has not answered for."""
        return frozenset(self._said.values())

    def gather(self, wait_s: float) -> list[Arrived]:
        """What has arrived, after waiting up to `wait_s` for the first of it."""
        self._read(wait_s, _GATHER_MESSAGES)
        arrived, self._arrived = self._arrived, []
        return arrived

    def rest(self, wait_s: float) -> None:
        """Stay connected for `wait_s` and hand out nothing; what comes is kept, as much as the broker sends unasked."""
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            self._read(left_s, _RECEIVE_MAXIMUM)
            time.sleep(min(_REST_S, max(0.0, until_s - time.monotonic())))

    def _read(self, wait_s: float, most: int) -> None:
        if not self._greeted and time.monotonic() > self._answer_by_s:
            self._try_another()
            time.sleep(min(_AGAIN_S, wait_s))
        if self._client.socket() is None and not self._connect():
            self._turn += 1
            time.sleep(min(_AGAIN_S, wait_s))
            return
        while len(self._arrived) < most and self._readable(0.0 if self._arrived else wait_s):
            if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
            wait_s = 0.0
        self._flush()
        self._client.loop_misc()

    def begin(self, filters: Iterable[str], strays: list[str]) -> None:
        """On a new connection: hear these, and no more what the session may have from an earlier life."""
        self._waits_for_filters = False
        self.unsubscribe(strays)
        self.subscribe(filters)

    def subscribe(self, filters: Iterable[str]) -> None:
        """Hear these as well."""
        waiting = iter(filters)
        while some := list(islice(waiting, _FILTERS_A_PACKET)):
            self._unsubscribed.add(self._client.subscribe([(each, 1) for each in some])[1])
            self._subscribed = True

    def unsubscribe(self, filters: list[str]) -> None:
        """Hear these no more."""
        if filters:
            self._client.unsubscribe(filters)

    def publish(self, topic: str, payload: str) -> None:
        """Say something once; lost with the connection, so only what will be said again may be said here."""
        self._said[self._client.publish(topic, payload, qos=1).mid] = topic

    def release(self, arrived: list[Arrived]) -> None:
        """Tell the broker that these are safe. Those of an earlier connection come again by themselves."""
        for message in arrived:
            if message.line == self._line and message.qos:
                self._client.ack(message.mid, message.qos)
        self._flush()

    def close(self) -> None:
        """Leave; the session stays at the broker."""
        self._client.disconnect()
        self._flush()

    def _new_client(self, protocol: MQTTProtocolVersion) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            protocol=protocol,
            manual_ack=True,
            reconnect_on_failure=False,
            clean_session=None if protocol == MQTTProtocolVersion.MQTTv5 else False,
        )
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _connect(self) -> bool:
        host, port = self._brokers[self._turn % len(self._brokers)]
        try:
            if self._client.protocol == MQTTProtocolVersion.MQTTv5:
                wanted = _lasting_session(self._session_expiry_s)
                self._client.connect(host, port, _KEEPALIVE_S, clean_start=False, properties=wanted)
            else:
                self._client.connect(host, port, _KEEPALIVE_S)
        except OSError:
            return False
        self._answer_by_s, self._greeted = time.monotonic() + _ANSWER_WITHIN_S, False
        return True

    def _try_another(self) -> None:
        """Another protocol, unless this one was understood before; then, or after both, another broker."""
        protocol = MQTTProtocolVersion(self._client.protocol)
        if self._understood or protocol == MQTTProtocolVersion.MQTTv311:
            self._turn += 1
        self._client = self._new_client(protocol if self._understood else _OTHER[protocol])
        self._answer_by_s = math.inf

    def _readable(self, wait_s: float) -> bool:
        channel = self._client.socket()
        return channel is not None and bool(select.select([channel], [], [], wait_s)[0])

    def _flush(self) -> None:
        while self._client.want_write() and self._client.socket() is not None:
            if self._client.loop_write() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _on_connect(
        self, client: Client, _: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._answer_by_s = 0.0
            return
        self._understood = self._greeted = True
        # Nodes of a cluster may each retain words of their own, and old ones; a session that lived on has heard newer.
        self._passes_over_retained = flags.session_present and len(self._brokers) > 1
        client.drop_out_messages()  # acks of a connection that is gone: newer ones will be said
        self._said.clear()
        self._waits_for_filters = True
        is_5 = client.protocol == MQTTProtocolVersion.MQTTv5
        self._broker_shares = is_5 and bool(getattr(properties, "SharedSubscriptionAvailable", 1))

    def _on_subscribe(self, client: Client, _: object, mid: int, reasons: list[ReasonCode], *__: object) -> None:
        self._unsubscribed.discard(mid)
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            # Half a subscription would look like a hub that hears: rather none, and a line that says why.
            sys.stderr.write(f"hub: the broker refused a subscription: {refused[0]}\n")
            client.disconnect()
            time.sleep(_AGAIN_S)

    def _on_disconnect(self, *_: object) -> None:
        if not self._greeted:
            self._answer_by_s = 0.0  # RabbitMQ 3.10 hangs up on a MQTT 5 greeting without a word
        self._line += 1
        self._waits_for_filters = self._subscribed = False
        self._unsubscribed.clear()
        self._said.clear()

    def _on_publish(self, _: Client, __: object, mid: int, *___: object) -> None:
        self._said.pop(mid, None)

    def _on_message(self, client: Client, _: object, message: MQTTMessage) -> None:
        if message.retain and self._passes_over_retained:
            client.ack(message.mid, message.qos)
            return
        self._arrived.append(Arrived(message.topic, bytes(message.payload), message.mid, message.qos, self._line))


def _lasting_session(expiry_s: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = expiry_s
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    return properties
