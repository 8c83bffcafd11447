# SPDX-License-Identifier: Apache-2.0
"""Port: what is known by now of the time in the boots in which rows were written."""

from typing import Protocol


class Times(Protocol):
    """Whoever keeps the time. Asked for rows that were written under an unset clock."""

    def offset_us(self, boot: int) -> int | None:
        """What right time was ahead of uptime when that agent ran; None if it is not known."""
        ...

    def expected(self, boot: int) -> bool:
        """Whether the next word of the hub will tell it."""
        ...


class AsWritten:
    """Nothing is known, nor ever will be."""

    def offset_us(self, boot: int) -> int | None:  # noqa: ARG002  (the shape of `Times`)
        """Nothing."""
        return None

    def expected(self, boot: int) -> bool:  # noqa: ARG002  (the shape of `Times`)
        """Nothing."""
        return False
