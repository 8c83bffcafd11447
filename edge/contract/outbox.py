# SPDX-License-Identifier: Apache-2.0
"""What the outbox itself tells the hub: ranges that will never come."""

from typing import Literal

from pydantic import ConfigDict, Field

from edge.contract.words import Lane, Said, Sequence

SHED_TYPE = "cn.dongtou.edge.outbox.shed.v1"
ShedReason = Literal[
    "over-cap", "disk-full", "expired", "acked-before", "blob-missing", "blob-at-hub", "blob-recut", "operator"
]


class Shed(Said):
    """Rows `from`…`to` of a lane are gone; the hub moves its watermark over them."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    lane: Lane
    from_: Sequence = Field(alias="from")
    to: Sequence
    count: int = Field(ge=0)
    bytes: int = Field(ge=0)
    reason: ShedReason
