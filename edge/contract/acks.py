# SPDX-License-Identifier: Apache-2.0
"""What the hub says it has: cumulative watermarks per lane, ranges it wants again, blobs it already holds."""

from pydantic import Field

from edge.contract.words import Epoch, Heard, Instant, Lane, Sequence, Sha256, Watermark


class Resend(Heard):
    """A range of one lane the hub asks for again, if the device still holds it."""

    lane: Lane
    from_: Sequence = Field(alias="from")
    to: Sequence


class Ack(Heard):
    """`acks` is cumulative: everything in that lane up to the sequence is durably at the hub."""

    epoch: Epoch
    acks: dict[Lane, Watermark] = Field(default_factory=dict)
    time: Instant
    resend: tuple[Resend, ...] = ()
    blobs: tuple[Sha256, ...] = ()
