# SPDX-License-Identifier: Apache-2.0
"""Port: where frames come from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height × width × 3, blue-green-red, 0 to 255, as OpenCV has it."""


Wanted = Callable[[int], bool]
"""Whether the frame captured at this instant, microseconds since 1970 UTC, is worth the cost of its picture."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and the wall-clock instant it was captured, microseconds since 1970 UTC."""

    at_us: int
    image: Image


class SourceLostError(Exception):
    """The camera or stream stopped giving frames; opening it again may help."""


def always(at_us: int) -> bool:  # noqa: ARG001 - the shape of `Wanted`
    """Every frame is wanted."""
    return True


class FrameSource(Protocol):
    """A camera, a stream, a file or a simulated scene."""

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Block until the next wanted frame; None when the source has ended for good.

        Raises `SourceLostError` when opening it again may help, `ProblemError` when it will not.
        """
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...
