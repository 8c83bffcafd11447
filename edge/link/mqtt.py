# SPDX-License-Identifier: Apache-2.0
"""The link over MQTT 5 or 3.1.1: paho on asyncio through its external-loop interface.

Every connection gets a client of its own. paho re-sends all it holds when it reconnects, over any window; a client that
never reconnects holds nothing, and the outbox on disk remains the only backlog (docs/decisions/0006). No thread but the
short one in which name resolution and the TCP handshake block; sockets are watched by the loop's epoll, not `select`.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.config.models import Broker
from edge.contract.problems import ProblemError
from edge.link.dial import listens, on_thread_of_its_own
from edge.link.port import Delivered, Dropped, Events, Received, Will
from edge.link.properties import batch_properties
from edge.link.tls import Moment, by_the_system_clock, tls_context
from edge.sync.reasons import FAILURE, OTHER_VERSION
from edge.sync.settings import Limits

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

SESSION_EXPIRY_S = 30 * 24 * 3600
"""How long the broker keeps commands for a device that is away: as long as a command may be valid."""
_MISC_EVERY_S = 1.0
_UNCONFIRMED_MOST = 64
_PACKET_BYTES_MOST = 1024 * 1024
"""A hub may not fill the device's memory: chunks of documents, the largest messages down, are a fifth of this."""
_PAHO_NEVER_HOLDS = 65_535
"""The window is kept by the session; paho must pass on at once whatever it is given."""
_ZLIB_MARK = 0x78


class MqttLink:
    """One broker of the configuration."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        keepalive_s: int,
        timeout_s: float,
        events: Events,
        moment: Callable[[], Moment] = by_the_system_clock,
    ) -> None:
        """Describe the connection; nothing is opened yet. `moment` tells by what time certificates are judged."""
        self._moment = moment
        self._broker = broker
        self._events = events
        self._will: Will | None = None
        self._client_id = client_id
        self._keepalive_s = keepalive_s
        self._timeout_s = timeout_s
        self._version = MQTTProtocolVersion.MQTTv311 if broker.protocol == "3.1.1" else MQTTProtocolVersion.MQTTv5
        self._understood = False
        self._knows_five = False
        self._client: paho.Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._misc: asyncio.TimerHandle | None = None
        self._greeting: asyncio.Future[Limits] | None = None
        self._subscribed: asyncio.Future[None] | None = None
        self._watched: int | None = None
        self._subscriptions: tuple[str, ...] = ()
        self._heard_s = 0.0

    @property
    def heard_s(self) -> float:
        """When anything last came from the broker, on the monotonic clock."""
        return self._heard_s

    @property
    def address(self) -> str:
        """Where it leads, for people."""
        return f"{self._broker.host}:{self._broker.port}"

    async def open(self, will: Will, subscriptions: tuple[str, ...]) -> Limits:
        """Connect and subscribe. Raises `ProblemError` link-unreachable, or link-refused with the reason `code`."""
        self._loop = asyncio.get_running_loop()
        self._will, self._subscriptions = will, subscriptions
        self._greeting = self._loop.create_future()
        self._subscribed = None
        self._understood = False
        dialled = False
        try:
            self._client = self._new_client(will)
            async with asyncio.timeout(self._timeout_s):
                await on_thread_of_its_own(partial(self._dial, self._client))
                dialled = True
                self._watch()
                limits = await self._greeting
                await self._subscribe()
        except (OSError, TimeoutError, ValueError) as failed:
            self._discard()
            if dialled:  # a port nobody listens on says nothing about versions
                self._perhaps_other_version()
            reason = str(failed) or "no answer in time"
            raise ProblemError("link-unreachable", broker=self.address, reason=reason) from failed
        except ProblemError:
            self._discard()
            self._perhaps_other_version()
            raise
        return limits

    async def reachable(self) -> bool:
        """Whether somebody listens at the broker's address. Opens nothing that lasts."""
        return await listens(self._broker.host, self._broker.port, self._timeout_s)

    def ping(self) -> None:
        """Ask the broker for a sign of life."""
        if self._client is not None:
            # paho has no public word for it; its own pings follow the broker's Server Keep Alive, which may be long.
            self._client._send_pingreq()  # noqa: SLF001

    def resubscribe(self) -> None:
        """Subscribe again to what was subscribed to when the link was opened; a refusal ends the link."""
        if self._client is not None:
            self._client.subscribe([(topic, 1) for topic in self._subscriptions])

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, batch: bool = False) -> int:
        """Send with QoS 1; the token comes back in `Delivered`."""
        if self._client is None:
            return 0
        five = batch and self._version is MQTTProtocolVersion.MQTTv5
        properties = batch_properties(deflated=payload[0] == _ZLIB_MARK) if five else None
        return self._client.publish(topic, payload, qos=1, retain=retain, properties=properties).mid

    def confirm(self, message: Received) -> None:
        """Tell the broker that it may forget a message."""
        if self._client is not None:
            self._client.ack(message.mid, message.qos)

    async def close(self, last_word: bytes | None = None) -> None:
        """End the connection. With `last_word`, said on the will's topic, the broker does not speak the will."""
        client = self._client
        if client is not None:
            client.on_disconnect = None
            if last_word is not None and self._will is not None:
                client.publish(self._will.topic, last_word, qos=1, retain=True)
                client.disconnect()
                client.loop_write()
        self._discard()

    def _new_client(self, will: Will) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            protocol=self._version,
            manual_ack=True,
            reconnect_on_failure=False,
            clean_session=False if self._version is MQTTProtocolVersion.MQTTv311 else None,
        )
        client.max_inflight_messages_set(_PAHO_NEVER_HOLDS)
        client.connect_timeout = self._timeout_s
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        self._secure(client)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = self._on_want_write
        client.on_socket_unregister_write = self._on_wrote
        client.on_socket_close = self._on_socket_close
        return client

    def _secure(self, client: paho.Client) -> None:
        broker = self._broker
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password())
        if broker.ca_file is not None:
            client.tls_set_context(tls_context(broker, self._moment()))

    def _dial(self, client: paho.Client) -> None:
        """Blocks for name resolution and the handshakes, on a thread of its own."""
        broker = self._broker
        if self._version is MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            properties.ReceiveMaximum = _UNCONFIRMED_MOST
            properties.MaximumPacketSize = _PACKET_BYTES_MOST
            client.connect(broker.host, broker.port, self._keepalive_s, clean_start=False, properties=properties)
        else:
            client.connect(broker.host, broker.port, self._keepalive_s)
        if client is not self._client and (sock := client.socket()) is not None:
            # Given up meanwhile. Left open, it would take the session away from the connection that came after it.
            sock.close()

    async def _subscribe(self) -> None:
        assert self._loop is not None  # noqa: S101  (opened just now)
        self._subscribed = self._loop.create_future()
        self.resubscribe()
        await self._subscribed

    def _watch(self) -> None:
        client, loop = self._client, self._loop
        sock = client.socket() if client else None
        if sock is None or client is None or loop is None:
            raise ConnectionError("closed by the broker before it greeted")
        self._watched = sock.fileno()
        loop.add_reader(self._watched, self._readable)
        if client.want_write():
            loop.add_writer(self._watched, self._writable)
        self._keep()

    def _keep(self) -> None:
        if self._client is not None and self._loop is not None:
            # First the timer: if the keep-alive has run out, `loop_misc` discards the client, and the timer with it.
            self._misc = self._loop.call_later(_MISC_EVERY_S, self._keep)
            self._client.loop_misc()

    def _readable(self) -> None:
        client = self._client
        while client is not None and client is self._client:
            self._heard_s = time.monotonic()
            client.loop_read()
            sock = client.socket()
            # What TLS has decrypted already makes no socket readable again.
            if not isinstance(sock, ssl.SSLSocket) or not sock.pending():
                return

    def _writable(self) -> None:
        if self._client is not None:
            self._client.loop_write()

    def _discard(self) -> None:
        """Forget the client and all it held."""
        if self._misc is not None:
            self._misc.cancel()
            self._misc = None
        client, self._client = self._client, None
        self._unwatch()
        if client is not None and (sock := client.socket()) is not None:
            sock.close()

    def _unwatch(self) -> None:
        if self._watched is not None and self._loop is not None:
            self._loop.remove_reader(self._watched)
            self._loop.remove_writer(self._watched)
        self._watched = None

    def _perhaps_other_version(self) -> None:
        """After a greeting that was not understood; a broker that ever understood MQTT 5 is only ill, not old."""
        if self._broker.protocol != "auto" or self._understood:
            return
        if self._version is not MQTTProtocolVersion.MQTTv5:
            self._version = MQTTProtocolVersion.MQTTv5
        elif not self._knows_five:
            self._version = MQTTProtocolVersion.MQTTv311

    def _on_connect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, granted: Properties | None
    ) -> None:
        greeting = self._greeting
        if greeting is None or greeting.done():
            return
        self._understood = reason.value != OTHER_VERSION
        self._knows_five = self._version is MQTTProtocolVersion.MQTTv5 and self._understood
        if reason.is_failure:
            greeting.set_exception(self._refused(reason))
        elif getattr(granted, "MaximumQoS", 1) < 1:
            greeting.set_exception(self._refused(ReasonCode(PacketTypes.CONNACK, "QoS not supported")))
        else:
            greeting.set_result(_limits(granted))

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, _granted: object
    ) -> None:
        was_up = self._subscribed is not None and self._subscribed.done()
        for waiting in (self._greeting, self._subscribed):
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._refused(reason))
        self._discard()
        if was_up:
            self._events.put_nowait(Dropped(str(reason), reason.value))

    def _on_publish(self, _client: object, _data: object, mid: int, reason: ReasonCode, _granted: object) -> None:
        self._events.put_nowait(Delivered(mid, reason.value, str(reason)))

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._events.put_nowait(Received(message.topic, bytes(message.payload), message.mid, message.qos))

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, codes: list[ReasonCode], _granted: object
    ) -> None:
        waiting = self._subscribed
        refused = next((code for code in codes if code.value >= FAILURE), None)
        if waiting is None:
            return
        if not waiting.done():
            waiting.set_exception(self._refused(refused)) if refused else waiting.set_result(None)
        elif refused:
            self._discard()
            self._events.put_nowait(Dropped(f"subscription: {refused}", refused.value))

    def _refused(self, reason: ReasonCode) -> ProblemError:
        return ProblemError("link-refused", broker=self.address, reason=str(reason), code=reason.value)

    def _on_want_write(self, _client: object, _data: object, sock: "SocketLike") -> None:
        if self._watched is not None and self._loop is not None:
            self._loop.add_writer(sock.fileno(), self._writable)

    def _on_wrote(self, _client: object, _data: object, sock: "SocketLike") -> None:
        if self._watched is not None and self._loop is not None:
            self._loop.remove_writer(sock.fileno())

    def _on_socket_close(self, _client: object, _data: object, _sock: object) -> None:
        self._unwatch()


def _limits(granted: Properties | None) -> Limits:
    default = Limits()
    return Limits(
        receive_maximum=getattr(granted, "ReceiveMaximum", default.receive_maximum),
        maximum_packet_size=getattr(granted, "MaximumPacketSize", default.maximum_packet_size),
        retain=bool(getattr(granted, "RetainAvailable", default.retain)),
        session_expiry_s=getattr(granted, "SessionExpiryInterval", None),
        keepalive_s=getattr(granted, "ServerKeepAlive", None),
    )
