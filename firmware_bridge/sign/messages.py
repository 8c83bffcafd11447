# SPDX-License-Identifier: Apache-2.0
"""What is said to a guidance sign: which sign, and the number it shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Show:
    """Show a number, or that there is none; numbers beyond the sign's digits are shown as the largest it can."""

    address: int
    value: int | None
