# SPDX-License-Identifier: Apache-2.0
"""A program that signs evidence until it is killed: two writers share one store, and each case is told once in."""

import os
import sys
import threading
from functools import partial
from pathlib import Path

from edge.contract.envelope import event_body
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable.evidence_chain import chain_head, move_head
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from edge.identity.file_keystore import FileKeyStore
from edge.identity.manifests import sign_next
from tests.durable.stores import NOW, open_bare

DEVICE = "pole-1"


def sign_one(txn: Transaction, *, store: Store, keys: FileKeyStore, name: str) -> int:
    """One case, as a role's runner commits it; gives its number."""
    token, head = sign_next(keys, {"case": name}, DEVICE, store.epoch, chain_head(txn))
    move_head(txn, head)
    txn.append(_row(NOW, token))
    return head.number


def _row(now: Now, token: str) -> NewRow:
    body = event_body("cn.dongtou.edge.test.case.v1", {"manifest": token})
    return NewRow(Lane.RECORD, now.wall_us, now.uptime_ms, now.quality.value, body)


def main(folder: Path) -> None:
    """Sign for ever; a line on stdout for each case that is on disk."""
    store, keys = open_bare(folder), FileKeyStore(folder)

    def writing(name: str) -> None:
        while True:
            work = partial(sign_one, store=store, keys=keys, name=name)
            os.write(1, f"{store.commit_from_thread(work).result()}\n".encode())

    for name in ("parking", "quay"):
        threading.Thread(target=writing, args=(name,)).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
