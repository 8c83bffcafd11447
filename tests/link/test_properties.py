# SPDX-License-Identifier: Apache-2.0
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.link.properties import batch_properties


@pytest.mark.parametrize("deflated", [True, False])
def test_packed_once_is_packed_right(deflated: bool) -> None:
    """The bytes that are kept are those that paho reads back as what the contract says of a batch."""
    read = Properties(PacketTypes.PUBLISH)
    packed = batch_properties(deflated=deflated).pack()
    assert read.unpack(packed)[1] == len(packed)
    assert read.json()["ContentType"] == "application/cloudevents-batch+json"
    assert read.json().get("UserProperty", []) == ([("content-encoding", "deflate")] if deflated else [])
