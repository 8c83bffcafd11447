# SPDX-License-Identifier: Apache-2.0
"""Acks, commands, presence and the words on the socket: what is read, what is refused, what is passed by."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from edge.contract.acks import Ack
from edge.contract.blobs import BlobChunk, BlobRef
from edge.contract.commands import HARMLESS, CommandClaims, CommandName, CommandResult, DesiredClaims, JwsHeader
from edge.contract.events import EVENTS
from edge.contract.evidence import Plate
from edge.contract.local import ANSWER, ASK, Emitted, EventLine, StatusAsked
from edge.contract.outbox import Shed
from edge.contract.presence import Presence, Reported
from edge.contract.problems import Problem
from edge.contract.words import Lane, Said

NOW = "2026-11-18T11:06:40+08:00"
COMMAND: dict[str, Any] = {"iss": "hub", "aud": "@poles", "iat": 1, "exp": 2, "jti": "j", "cmd": "status"}


def test_an_ack_may_say_little() -> None:
    """Watermarks, resend and blobs are each optional: an ack that only gives the time is one."""
    ack = Ack.model_validate({"epoch": "e1", "time": NOW})
    assert (ack.acks, ack.resend, ack.blobs) == ({}, (), ())


def test_an_ack_reads_every_lane_and_range() -> None:
    """`from` is a word of the wire that Python cannot spell; zero is a watermark: nothing yet."""
    ack = Ack.model_validate(
        {
            "epoch": "e1",
            "time": NOW,
            "acks": {"record": 0, "blob": 7},
            "resend": [{"lane": "state", "from": 2, "to": 3}],
        }
    )
    assert ack.acks == {Lane.RECORD: 0, Lane.BLOB: 7}
    assert (ack.resend[0].from_, ack.resend[0].to) == (2, 3)


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Ack, {"epoch": "e1"}),
        (Ack, {"epoch": "E1", "time": NOW}),
        (Ack, {"epoch": "e1", "time": "2026-11-18T11:06:40"}),
        (Ack, {"epoch": "e1", "time": NOW, "acks": {"fast": 1}}),
        (Ack, {"epoch": "e1", "time": NOW, "acks": {"state": -1}}),
        (Ack, {"epoch": "e1", "time": NOW, "resend": [{"lane": "state", "from": 0, "to": 3}]}),
        (Ack, {"epoch": "e1", "time": NOW, "blobs": ["ff"]}),
        (CommandClaims, {**COMMAND, "cmd": "self-destruct"}),
        (CommandClaims, {**COMMAND, "aud": "Poles"}),
        (CommandClaims, {**COMMAND, "jti": ""}),
        (CommandClaims, {**COMMAND, "exp": None}),
        (JwsHeader, {"alg": "none", "kid": "k", "typ": "command+jwt"}),
        (JwsHeader, {"alg": "EdDSA", "kid": "k", "typ": "jwt"}),
        (DesiredClaims, {**COMMAND, "revision": -1, "state": {}}),
        (BlobRef, {"sha256": "A" * 64, "size": 1, "media_type": "image/jpeg"}),
        (BlobChunk, {"sha256": "a" * 64, "offset": 0, "total": 1, "bytes": "a+/="}),
        (Shed, {"lane": "state", "from": 1, "to": 2, "count": 2, "bytes": 9, "reason": "bored"}),
        (Plate, {"text": "京A12345", "confidence": 1.5}),
        (EventLine, {"type": "", "data": {}}),
        (EventLine, {"type": "a.b.v1", "data": {}, "key": ""}),
        (EventLine, {"type": "a.b.v1", "data": {}, "tpye": "x"}),
    ],
)
def test_a_message_outside_the_contract_is_refused(model: type[BaseModel], wrong: dict[str, Any]) -> None:
    """Each field is held to its form before anybody acts on it."""
    with pytest.raises(ValidationError):
        model.model_validate(wrong)


@pytest.mark.parametrize("model", [Ack, CommandClaims])
def test_a_newer_hub_may_say_more(model: type[BaseModel]) -> None:
    """What we hear is open: an unknown field is passed by and not kept."""
    heard = model.model_validate({**COMMAND, "epoch": "e1", "time": NOW, "mood": "good"})
    assert "mood" not in heard.model_dump()


def test_what_we_say_is_closed_and_frozen() -> None:
    """A field too many in a message of ours is our own mistake, and nobody alters it on its way."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        Reported.model_validate({"revision": 1, "state": {}, "mood": "good"})
    with pytest.raises(ValidationError, match="frozen"):
        CommandResult(jti="j", cmd="status", status="done").jti = "k"  # type: ignore[misc]


def test_shed_ranges_speak_the_words_of_the_wire() -> None:
    """`from` in and out, while Python says `from_`."""
    shed = Shed(lane=Lane.STATE, from_=1, to=2, count=2, bytes=9, reason="expired")
    assert shed.model_dump()["from"] == 1
    assert Shed.model_validate_json(shed.model_dump_json()) == shed


def test_instants_are_written_with_microseconds_and_offset() -> None:
    """All of us write times alike, so that they sort as text within one offset."""
    presence = Presence.model_validate(
        {"online": True, "boot": "b", "epoch": "e1", "agent": "0.1.0", "role": "", "time": NOW}
    )
    assert presence.model_dump(mode="json")["time"] == "2026-11-18T11:06:40.000000+08:00"


def test_only_asking_is_harmless() -> None:
    """A device that does not know the time does nothing on command."""
    assert frozenset({CommandName.STATUS}) == HARMLESS


def test_asks_and_answers_are_told_apart_by_their_first_word() -> None:
    """One line, one object; `ask` or `answer` says which."""
    asked = ASK.validate_json('{"ask":"emit","event":{"type":"demo.greeting.v1","data":{"x":1}}}')
    assert asked.ask == "emit"
    assert asked.event.lane is Lane.RECORD
    assert ASK.validate_json('{"ask":"status"}') == StatusAsked()
    assert ANSWER.validate_json('{"answer":"emitted","id":"e1-record-1"}') == Emitted(id="e1-record-1")
    for wrong in ('{"ask":"reboot"}', '{"answer":"emitted","id":"x"}', "[]"):
        with pytest.raises(ValidationError):
            ASK.validate_json(wrong)


def test_each_event_has_a_sentence_and_a_closed_shape() -> None:
    """What is emitted is described, and a field too many in it is our own mistake."""
    assert len({kind.type for kind in EVENTS}) == len(EVENTS)
    assert all(kind.meaning.endswith((".", "`")) and issubclass(kind.data, Said | Problem) for kind in EVENTS)
    assert [kind.name for kind in EVENTS if kind.lane is Lane.BLOB] == ["blob.chunk.v1"]
