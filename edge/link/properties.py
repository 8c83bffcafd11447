# SPDX-License-Identifier: Apache-2.0
"""What MQTT 5 says beside every batch: packed once, since paho spends a tenth of a small batch's cost on packing it."""

from functools import cache

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract.batch import BATCH_CONTENT_TYPE, DEFLATE


@cache
def batch_properties(*, deflated: bool) -> Properties:
    """Those of a batch, deflated or plain; shared, so not to be changed."""
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = BATCH_CONTENT_TYPE
    if deflated:
        properties.UserProperty = [DEFLATE]
    packed = properties.pack()
    # Past its own `__setattr__`, which knows the names of MQTT alone.
    object.__setattr__(properties, "pack", lambda: packed)
    return properties
