# SPDX-License-Identifier: Apache-2.0
"""The head of the chain of evidence, read and moved on inside the commit that holds the case: it can never fork."""

from typing import Final

from edge.contract.evidence_chain import Head
from edge.durable.transaction import Transaction

_KEY: Final = "evidence-chain"
"""Name in the store's table `meta`; the store's epoch is the chain's, so a new store begins a new one."""


def chain_head(txn: Transaction) -> Head | None:
    """The newest manifest this store has signed; None before the first."""
    found = txn.db.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    if found is None:
        return None
    number, sha256 = str(found[0]).split()
    return Head(int(number), sha256)


def move_head(txn: Transaction, head: Head) -> None:
    """Remember the manifest that is now the newest."""
    txn.set_meta(_KEY, f"{head.number} {head.sha256}")
