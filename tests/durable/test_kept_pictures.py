# SPDX-License-Identifier: Apache-2.0
"""Pictures that are kept for somebody before anybody sends them, over commits, restarts and acknowledgements."""

from pathlib import Path

from edge.contract.blobs import BlobRef
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now
from edge.durable.store import Store
from edge.durable.transaction import Transaction

NOW = Now(1_800_000_000_000_000, 1, ClockQuality.SYNCED)


def opened(folder: Path) -> Store:
    """The store in `folder`."""
    return Store.open(folder, lambda tell: tell(), "boot", NOW)


def picture(store: Store, text: bytes = b"picture") -> BlobRef:
    """A picture in the blob folder."""
    return store.blobs.keep_bytes(text, "image/jpeg")


def test_a_kept_picture_survives_a_restart_and_nothing_else_does(tmp_path: Path) -> None:
    """The sweep at start knows pictures that wait for their case, though no row of the outbox names them."""
    store = opened(tmp_path)
    kept, stray = picture(store), picture(store, b"stray")
    store.commit_from_thread(lambda txn: txn.keep_picture("role/case-1", kept.sha256)).result()
    store.close()
    store = opened(tmp_path)
    assert store.sweep_blobs() == 1
    assert store.blobs.path(kept.sha256).exists()
    assert not store.blobs.path(stray.sha256).exists()
    store.close()


def test_a_released_picture_goes_when_its_last_keeper_goes(tmp_path: Path) -> None:
    """Two cars in one picture: the picture stays until both are done with it."""
    store = opened(tmp_path)
    kept = picture(store)

    def keep_twice(txn: Transaction) -> None:
        txn.keep_picture("role/case-1", kept.sha256)
        txn.keep_picture("role/case-2", kept.sha256)

    store.commit_from_thread(keep_twice).result()
    unlink = store.blobs.unlink
    store.commit_from_thread(lambda txn: txn.release_pictures("role/case-1", unlink)).result()
    assert store.blobs.path(kept.sha256).exists()
    store.commit_from_thread(lambda txn: txn.release_pictures("role/case-2", unlink)).result()
    assert not store.blobs.path(kept.sha256).exists()
    store.close()


def test_a_sent_picture_outlives_its_keeper_until_the_hub_has_it(tmp_path: Path) -> None:
    """A case goes out and lets go in one commit; the file goes with the acknowledgement of its last chunk."""
    store = opened(tmp_path)
    kept = picture(store)
    unlink = store.blobs.unlink
    store.commit_from_thread(lambda txn: txn.keep_picture("role/case-1", kept.sha256)).result()

    def send_and_release(txn: Transaction) -> None:
        txn.append_blob(kept, NOW)
        txn.release_pictures("role/case-1", unlink)

    store.commit_from_thread(send_and_release).result()
    assert store.blobs.path(kept.sha256).exists()
    store.commit_from_thread(lambda txn: txn.forget(Lane.BLOB, 1, unlink)).result()
    assert not store.blobs.path(kept.sha256).exists()
    store.close()


def test_an_acknowledged_picture_stays_while_somebody_else_keeps_it(tmp_path: Path) -> None:
    """The hub has it for one case; another stay of the same scene may still become one."""
    store = opened(tmp_path)
    kept = picture(store)
    unlink = store.blobs.unlink

    def send_and_keep(txn: Transaction) -> None:
        txn.append_blob(kept, NOW)
        txn.keep_picture("role/case-2", kept.sha256)

    store.commit_from_thread(send_and_keep).result()
    store.commit_from_thread(lambda txn: txn.forget(Lane.BLOB, 1, unlink)).result()
    assert store.blobs.path(kept.sha256).exists()
    store.close()
