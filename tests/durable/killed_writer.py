# SPDX-License-Identifier: Apache-2.0
"""A program that writes for ever and says on stdout what is durable, until somebody kills it."""

import sys
from pathlib import Path

from edge.contract.blobs import BlobRef
from edge.contract.words import Lane
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from tests.durable.stores import NOW, new_row, quota_of, tell_at_once


def write(folder: Path, cap: int) -> None:
    """Append rows in commits of a few, acknowledge some, keep a blob now and then; one line for each commit.

    With a `cap` in bytes the rows of lane metric are so large that it is soon reached.
    """
    store = Store.open(folder, tell_at_once, "boot", NOW, quota=quota_of(cap) if cap else None)
    store.sweep_blobs()
    number = store.accounts[Lane.RECORD].last_seq
    while True:
        number += 1
        blob = store.blobs.keep_bytes(b"%d" % number, "image/jpeg") if number % 7 == 0 else None

        def work(txn: Transaction, number: int = number, blob: BlobRef | None = blob) -> int:
            place = txn.append(new_row(body=b"%d" % number, key=f"key {number}"))
            txn.append(new_row(Lane.METRIC, body=bytes(cap // 64)))
            if blob is not None:
                txn.append_blob(blob, NOW)
            if number % 5 == 0 and not cap:
                txn.forget(Lane.METRIC, number - 3, store.blobs.unlink)
            return place.seq

        seq = store.commit_from_thread(work).result()
        sys.stdout.write(f"{number} {seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
