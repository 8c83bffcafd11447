# SPDX-License-Identifier: Apache-2.0
"""JSON Schema of every message, generated from the models themselves: what is validated is what is published."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from edge.contract.acks import Ack
from edge.contract.blobs import BlobRef
from edge.contract.commands import CommandClaims, DesiredClaims, JwsHeader
from edge.contract.envelope import CloudEvent
from edge.contract.events import EVENTS
from edge.contract.evidence import CaseManifest
from edge.contract.local import EmitAsked, Emitted, Outbox, OutboxAsked, Refused, Status, StatusAsked
from edge.contract.presence import Presence, Reported
from edge.contract.replies import Reply
from edge.contract.sealed import Sealed

DIALECT = "https://json-schema.org/draft/2020-12/schema"

WIRE: tuple[type[BaseModel], ...] = (
    CloudEvent,
    *(kind.data for kind in EVENTS),
    CaseManifest,
    BlobRef,
    Sealed,
    Presence,
    Reported,
    Ack,
    JwsHeader,
    CommandClaims,
    DesiredClaims,
    Reply,
)
"""What travels between device and hub."""

SOCKET: tuple[type[BaseModel], ...] = (EmitAsked, StatusAsked, OutboxAsked, Emitted, Status, Outbox, Refused)
"""What travels between the agent and other programs of the same device."""


def definitions(ref: str, models: tuple[type[BaseModel], ...] = WIRE) -> dict[str, dict[str, Any]]:
    """Schemas by model name; `ref` says how they refer to one another, `{model}` standing for the name."""
    # Validation schemas for both directions: a field with a default may be left out by whoever speaks.
    _, bundle = models_json_schema([(model, "validation") for model in models], ref_template=ref)
    found: dict[str, dict[str, Any]] = bundle["$defs"]
    return found


def json_schema() -> dict[str, Any]:
    """One document with all of them under `$defs`."""
    return {
        "$schema": DIALECT,
        "$id": "urn:dongtou-edge:contract:1",
        "title": "Messages of Dongtou Edge",
        "$defs": definitions("#/$defs/{model}", WIRE + SOCKET),
    }
