# SPDX-License-Identifier: Apache-2.0
"""The wire as an AsyncAPI 3.0 document, from the device's point of view: `send` is what a device publishes."""

from typing import Any

from edge.contract.batch import BATCH_CONTENT_TYPE, DEFLATE, MAX_BATCH_BYTES
from edge.contract.blobs import MAX_CHUNK_BYTES
from edge.contract.events import EVENTS, EventKind
from edge.contract.schema import definitions
from edge.contract.topics import DEFAULT_ROOT, Down, Topics, Up
from edge.contract.words import Lane

Document = dict[str, Any]

_ENCODING = (
    f"A payload that begins with 0x78 is a zlib stream of the JSON, one that begins with '[' is the JSON itself; with "
    f"MQTT 5 the user property {DEFLATE[0]}: {DEFLATE[1]} says the same. At most {MAX_BATCH_BYTES} bytes before "
    f"deflation. One lane of one epoch, sequences ascending, no gaps but those told by a shed event."
)
_LANES = {
    Lane.URGENT: "Alarms and emergencies; overtakes every other lane.",
    Lane.RECORD: "What must never be lost: cases, citizens' requests, results of commands, and what was shed.",
    Lane.STATE: "How things stand: occupancy, lamps.",
    Lane.METRIC: "Telemetry; the first to be shed.",
    Lane.BLOB: f"Pictures and documents in chunks of at most {MAX_CHUNK_BYTES} bytes, named by their SHA-256.",
}
_JWS = "JWS compact, EdDSA (Ed25519). The claims are those of `x-jws`."


def asyncapi(root: str = DEFAULT_ROOT) -> Document:
    """The document for the topics below `root`."""
    topics = Topics(root)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dongtou Edge",
            "version": "1.0.0",
            "description": "The wire between a device of the district and its hub.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": _channels(topics),
        "operations": _operations(),
        "components": {
            "messages": _messages(),
            "schemas": _schemas(),
            "parameters": {
                "device": {"description": "1 to 64 of a-z 0-9 -, equal to the certificate's common name"},
                "group": {"description": "1 to 64 of a-z 0-9 -; every device is a member of `all`"},
            },
            "securitySchemes": {
                "certificate": {"type": "X509", "description": "mutual TLS; the common name is the device's name"},
                "password": {"type": "userPassword", "description": "for benches and brokers without certificates"},
            },
        },
    }


def _server() -> Document:
    return {
        "host": "broker.example:8883",
        "protocol": "mqtts",
        "protocolVersion": "5",
        "description": "Any MQTT 5 or 3.1.1 broker that keeps QoS 1. Access: write `{root}/%u/up/#`, read "
        "`{root}/%u/down/#` and the devices' groups.",
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("certificate", "password")],
    }


def _channels(topics: Topics) -> Document:
    device = "{device}"
    sent = {channel.value: topics.up(device, channel) for channel in (*Lane, *Up)}
    heard = {_down(channel): topics.down(device, channel) for channel in Down}
    channels = {name: _channel(address, name, "device") for name, address in (sent | heard).items()}
    channels["groupCommand"] = _channel(topics.group_command("{group}"), "command", "group")
    return channels


def _down(channel: Down) -> str:
    # The one name that both directions have.
    return "blobDown" if channel is Down.BLOB else channel.value


def _channel(address: str, message: str, parameter: str) -> Document:
    return {
        "address": address,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "parameters": {parameter: {"$ref": f"#/components/parameters/{parameter}"}},
    }


def _operations() -> Document:
    sent = {f"send.{channel.value}": _operation("send", channel.value) for channel in (*Lane, *Up)}
    heard = {f"receive.{_down(channel)}": _operation("receive", _down(channel)) for channel in Down}
    return sent | heard | {"receive.groupCommand": _operation("receive", "groupCommand", "command")}


def _operation(action: str, channel: str, message: str = "") -> Document:
    retained = channel in {Up.PRESENCE, Up.REPORTED, Down.DESIRED}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message or channel}"}],
        "bindings": {"mqtt": {"qos": 1, "retain": retained, "bindingVersion": "0.2.0"}},
    }


def _messages() -> Document:
    lanes = {lane.value: _batch(lane) for lane in Lane}
    return lanes | {
        "presence": _json("Presence", "Who is there since when; the same with `online` false is the will."),
        "reported": _json("Reported", "The state as the device sees it, and the problems it has."),
        "ack": _json("Ack", "What the hub has, per lane and cumulative, sent only after the hub's own commit."),
        "command": _jws("CommandClaims", "One command to a device or to a group; its result comes as an event."),
        "desired": _jws("DesiredClaims", "The state the device shall come to; the higher revision wins."),
        "reply": _json("Reply", "The hub's answer to a citizen's request.", "application/cloudevents+json"),
        "blobDown": _json("BlobChunk", "A chunk of a document on its way to the device."),
    }


def _json(schema: str, summary: str, content_type: str = "application/json") -> Document:
    return {"summary": summary, "contentType": content_type, "payload": _schema(schema)}


def _batch(lane: Lane) -> Document:
    header = {"type": "string", "const": DEFLATE[1], "description": "MQTT 5 user property"}
    return {
        "summary": _LANES[lane],
        "description": _ENCODING,
        "contentType": BATCH_CONTENT_TYPE,
        "headers": {"type": "object", "properties": {DEFLATE[0]: header}},
        "payload": _schema(f"Batch-{lane.value}"),
    }


def _jws(claims: str, summary: str) -> Document:
    return {
        "summary": summary,
        "description": _JWS,
        "contentType": "application/jose",
        "payload": {
            "type": "string",
            "pattern": r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
            "x-jws": {"header": _schema("JwsHeader"), "claims": _schema(claims)},
        },
    }


def _schemas() -> Document:
    events = {f"Event-{kind.name}": _event(kind) for kind in EVENTS}
    return definitions("#/components/schemas/{model}") | events | {f"Batch-{lane.value}": _list(lane) for lane in Lane}


def _event(kind: EventKind) -> Document:
    typed = {"properties": {"type": {"const": kind.type}, "data": _schema(kind.data.__name__)}}
    return {"description": kind.meaning, "allOf": [_schema("CloudEvent"), typed]}


def _list(lane: Lane) -> Document:
    known = [_schema(f"Event-{kind.name}") for kind in EVENTS if kind.lane is lane]
    # Further types may come from programs on the device, so the bare envelope is always allowed.
    return {"type": "array", "items": {"anyOf": [*known, _schema("CloudEvent")]}}


def _schema(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}
