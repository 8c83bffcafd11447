# SPDX-License-Identifier: Apache-2.0
"""What the hub answers to a citizen's request, some time after the request itself was acked."""

from typing import Literal

from pydantic import JsonValue

from edge.contract.words import Heard, Instant


class Reply(Heard):
    """A CloudEvent by the hub. `subject` is the id of the event that asked."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Instant | None = None
    data: dict[str, JsonValue]
