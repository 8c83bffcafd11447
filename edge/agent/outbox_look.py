# SPDX-License-Identifier: Apache-2.0
"""What waits for the hub, read from the store itself: in the running agent, or beside a dead one."""

from contextlib import closing
from pathlib import Path

from edge.contract.local import LaneDepth, Outbox
from edge.core.clock import instant
from edge.durable.backlog import Backlog, Waiting


def look(folder: Path, device: str) -> Outbox:
    """The outbox of the store in `folder` at this moment. Raises `ProblemError`."""
    with closing(Backlog(folder)) as backlog:
        lanes = {lane: _depth(waiting) for lane, waiting in backlog.waiting().items()}
        return Outbox(device=device, epoch=backlog.epoch, lanes=lanes, disk_bytes=backlog.disk_bytes())


def _depth(waiting: Waiting) -> LaneDepth:
    account = waiting.account
    return LaneDepth(
        rows=account.rows,
        bytes=account.bytes,
        last_seq=account.last_seq,
        acked_seq=account.acked_seq,
        oldest=None if waiting.oldest_us is None else instant(waiting.oldest_us),
        shed_rows=account.shed_rows,
        shed_bytes=account.shed_bytes,
        blob_bytes=waiting.blob_bytes,
    )
