# SPDX-License-Identifier: Apache-2.0
"""The wire, byte for byte: what a hub that was written last year reads, and what it says."""

import base64

import pytest
from pydantic import BaseModel

from edge.contract.acks import Ack
from edge.contract.batch import decode_batch
from edge.contract.blobs import BlobChunk
from edge.contract.commands import CommandClaims, DesiredClaims, JwsHeader
from edge.contract.envelope import CloudEvent
from edge.contract.events import EVENTS, EventKind
from edge.contract.replies import Reply
from tests.contract.wire_examples import ACK, COMMAND, DATA, DESIRED, FOLDER, HUB_KEY, REPLY, heard, said

SAID, HEARD = said(), heard()


def golden(name: str) -> bytes:
    return (FOLDER / name).read_bytes().removesuffix(b"\n")


@pytest.mark.parametrize("name", SAID)
def test_a_device_says_exactly_what_it_said_before(name: str) -> None:
    """Not a byte of what a device publishes changes unnoticed: hubs in the field read it."""
    assert SAID[name] == golden(name)


@pytest.mark.parametrize("name", HEARD)
def test_a_hub_says_exactly_what_it_said_before(name: str) -> None:
    """The hub's half is held as well, since devices in the field must go on reading it."""
    assert HEARD[name] == golden(name)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("down/ack.json", ACK),
        ("down/reply.json", REPLY),
        ("down/blob.json", DATA["blob.chunk.v1"]),
    ],
)
def test_a_hubs_words_are_read(name: str, model: BaseModel) -> None:
    """The bytes of a hub become the message it meant."""
    assert type(model) in {Ack, Reply, BlobChunk}
    assert type(model).model_validate_json(golden(name)) == model


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.name)
def test_an_event_is_read_as_what_was_meant(kind: EventKind) -> None:
    """Envelope and data of each kind come back from the wire as they went out, on the lane of the kind."""
    read = CloudEvent.model_validate_json(golden(f"up/{kind.name}.json"))
    assert (read.type, read.lane) == (kind.type, kind.lane)
    assert kind.data.model_validate(read.data) == DATA[kind.name]


@pytest.mark.parametrize(
    ("name", "claims", "typ"),
    [("down/command.jws", COMMAND, "command+jwt"), ("down/desired.jws", DESIRED, "desired+jwt")],
)
def test_a_signature_of_the_hub_is_over_what_it_claims(
    name: str, claims: CommandClaims | DesiredClaims, typ: str
) -> None:
    """JWS compact with EdDSA, verified here by the bare algorithm and no library of tokens."""
    header, body, signature = golden(name).split(b".")
    HUB_KEY.public_key().verify(decoded(signature), header + b"." + body)
    assert JwsHeader.model_validate_json(decoded(header)) == JwsHeader(alg="EdDSA", kid="hub-1", typ=typ)
    assert type(claims).model_validate_json(decoded(body)) == claims


def test_a_deflated_batch_of_before_is_still_read() -> None:
    """Any zlib may have made it: the bytes may differ, what is in them does not."""
    payload = base64.decodebytes((FOLDER / "up/batch.deflated.base64").read_bytes())
    assert decode_batch(payload) == decode_batch(golden("up/batch.json"))


def test_no_golden_is_left_over() -> None:
    """A message that is no longer sent takes its golden along."""
    there = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file()}
    assert there == {*SAID, *HEARD, "up/batch.deflated.base64"}


def decoded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
