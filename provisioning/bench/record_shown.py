# SPDX-License-Identifier: Apache-2.0
"""Types of events that the page draws from, in one index of their own: others cost the hub nothing for it."""

from typing import Final

from edge.contract import crowd, parking, traffic
from edge.contract.commands import RESULT_TYPE

SHOWN_TYPES: Final = (
    parking.OCCUPANCY_TYPE,
    parking.ZONE_TYPE,
    parking.SNAPSHOT_TYPE,
    traffic.SUMMARY_TYPE,
    crowd.SUMMARY_TYPE,
    RESULT_TYPE,
)
SHOWN: Final = f"type IN ({', '.join(repr(each) for each in SHOWN_TYPES)})"
"""The same words in index and query, else the index is no use."""
