# SPDX-License-Identifier: Apache-2.0
"""A store that is always too small, against a model of what it owes its hub, through reads, acks and restarts."""

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.contract.words import Lane
from edge.durable.quota import GIVES_WAY, GIVES_WAY_LAST, LaneShare
from edge.durable.rows import ROW_OVERHEAD, Row
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from tests.durable.stores import (
    NOW,
    append,
    do,
    forget,
    new_row,
    on_disk,
    open_bare,
    quota_of,
    seqs,
    usage,
)

CAP = 1280 * 1024
QUOTA = quota_of(
    CAP,
    urgent=LaneShare(floor=0.05),
    record=LaneShare(floor=0.10),
    state=LaneShare(floor=0.03, ceiling=0.25),
    metric=LaneShare(floor=0.02),
    blob=LaneShare(floor=0.05, ceiling=0.30),
)
ROWS = st.sampled_from([Lane.URGENT, Lane.RECORD, Lane.STATE, Lane.METRIC])


@dataclass
class Hub:
    """What a hub knows that never forgets: per lane the sequences it has or was told not to wait for."""

    known: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    read: set[tuple[Lane, int]] = field(default_factory=set)

    def take(self, lane: Lane, row: Row) -> None:
        if (lane, row.seq) in self.read:
            return
        self.read.add((lane, row.seq))
        self.known[lane].add(row.seq)
        if b"outbox.shed" in row.body:
            told = json.loads(b"{" + row.body)["data"]
            self.known[Lane(told["lane"])].update(range(told["from"], told["to"] + 1))

    def watermark(self, lane: Lane) -> int:
        seq = 0
        while seq + 1 in self.known[lane]:
            seq += 1
        return seq


class SmallLife(RuleBasedStateMachine):
    """One store under its cap."""

    store: Store

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dt-small-"))
        open_bare(self.folder).close()
        self.store = open_bare(self.folder, quota=QUOTA)
        self.hub = Hub()
        self.blobs: dict[str, int] = {}
        """Blobs that are queued, and the row of lane record that names them."""
        self.number = 0
        for lane in (Lane.METRIC, Lane.STATE, Lane.RECORD, Lane.URGENT) * 2:
            append(self.store, *(new_row(lane, body=b"x" * 4000) for _ in range(10)))

    @rule(lane=ROWS, size=st.integers(10, 9000), count=st.integers(1, 12))
    def rows_come(self, lane: Lane, size: int, count: int) -> None:
        before = self.shed_bytes()
        append(self.store, *(new_row(lane, body=b"x" * size) for _ in range(count)))
        self.check_whose_turn_it_was(before, {lane: count * (size + ROW_OVERHEAD)})

    @rule(size=st.integers(1000, 60_000), named=st.booleans())
    def picture_comes(self, size: int, named: bool) -> None:
        before = self.shed_bytes()
        self.number += 1
        blob = self.store.blobs.keep_bytes(self.number.to_bytes(4, "big") * (size // 4), "image/jpeg")
        body = b'"type":"t","data":{"sha256":"%s"}}' % blob.sha256.encode()

        def work(txn: Transaction) -> None:
            txn.append_blob(blob, NOW)
            if named:
                txn.append(new_row(body=body))

        do(self.store, work)
        self.check_whose_turn_it_was(before, {Lane.BLOB: size + 8192, Lane.RECORD: 200})
        self.blobs[blob.sha256] = self.store.accounts[Lane.RECORD].last_seq if named else 0

    @rule(lane=st.sampled_from(list(Lane)), count=st.integers(1, 30))
    def hub_reads_and_acknowledges(self, lane: Lane, count: int) -> None:
        for row in self.store.rows(lane, self.hub.watermark(lane), count):
            self.hub.take(lane, row)
        for each in Lane:
            forget(self.store, each, self.hub.watermark(each))

    @rule()
    def somebody_reads_lane_record(self) -> None:
        """It is sent, and arrives although nobody hears of it."""
        for row in self.store.rows(Lane.RECORD, self.store.accounts[Lane.RECORD].acked_seq, 100):
            self.hub.take(Lane.RECORD, row)

    @rule(back=st.integers(0, 5))
    def gaps_are_told_again(self, back: int) -> None:
        after = max(0, self.store.accounts[Lane.RECORD].acked_seq - back)
        told = do(self.store, lambda txn: txn.retell_gaps(after, NOW))
        assert {gap.told for gap in self.store.gaps() if gap.told > after} == set(told)  # type: ignore[call-overload]

    @rule()
    def agent_starts_anew(self) -> None:
        self.store.close()
        self.store = open_bare(self.folder, quota=QUOTA)
        assert self.store.sweep_blobs() == 0

    @invariant()
    def cap_is_kept(self) -> None:
        assert usage(self.folder) <= CAP * 1.02
        assert self.store.accounts == on_disk(self.folder)

    @invariant()
    def every_row_is_held_or_acknowledged_or_told(self) -> None:
        rows = {row.seq: row.body for row in self.rows_unseen(Lane.RECORD)}
        acked = self.store.accounts[Lane.RECORD].acked_seq
        missing = {lane: self.missing(lane) for lane in Lane}
        for gap in self.store.gaps():
            assert (
                gap.told <= acked
                or json.loads(b"{" + rows[gap.told])["data"].items()
                >= {
                    "lane": gap.lane.value,
                    "from": gap.first,
                    "to": gap.last,
                }.items()
            ), gap
            span = {seq for seq in range(gap.first, gap.last + 1) if seq > self.store.accounts[gap.lane].acked_seq}
            assert span <= missing[gap.lane], "what is told gone is gone, and told by one row only"
            missing[gap.lane] -= span
        assert not any(missing.values())

    @invariant()
    def blobs_are_whole(self) -> None:
        assert {file.name for file in (self.folder / "blobs").iterdir()} == self.queued()

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        for _ in range(20):
            for lane in (Lane.RECORD, *Lane):
                for row in self.store.rows(lane, self.store.accounts[lane].acked_seq, 1000):
                    self.hub.take(lane, row)
            for lane in Lane:
                forget(self.store, lane, self.hub.watermark(lane))
        assert not any(account.rows for account in self.store.accounts.values())
        assert all(account.last_seq == self.hub.watermark(lane) for lane, account in self.store.accounts.items())
        assert self.store.gaps() == []
        self.store.close()
        shutil.rmtree(self.folder)

    def rows_unseen(self, lane: Lane) -> list[Row]:
        """Rows as an observer sees them, not as one who sends them."""
        query = "SELECT place & 0xFFFFFFFFFFFF, time_us, uptime_ms, clock, body, boot FROM outbox WHERE place >> 48 = 2"
        assert lane is Lane.RECORD
        return [Row._make(row) for row in self.store._reader.execute(query).fetchall()]

    def missing(self, lane: Lane) -> set[int]:
        account = self.store.accounts[lane]
        there = {row.seq for row in self.rows_unseen(lane)} if lane is Lane.RECORD else set(seqs(self.store, lane))
        return set(range(account.acked_seq + 1, account.last_seq + 1)) - there

    def queued(self) -> set[str]:
        return {json.loads(row.body)["sha256"] for row in self.store.rows(Lane.BLOB, 0, 10_000)}

    def shed_bytes(self) -> dict[Lane, int]:
        self.blobs = {sha256: seq for sha256, seq in self.blobs.items() if sha256 in self.queued()}
        return {lane: account.shed_bytes for lane, account in self.store.accounts.items()}

    def check_whose_turn_it_was(self, before: dict[Lane, int], added: dict[Lane, int]) -> None:
        """Whoever gave something up, all that give way before him had no more than their floors then, or nothing."""
        files = self.store._writer._room.blob_bytes
        order = (*GIVES_WAY, *GIVES_WAY_LAST)
        for place, lane in enumerate(order):
            account = self.store.accounts[lane]
            if account.shed_bytes == before[lane] or QUOTA.lanes[lane].ceiling < 1:
                continue
            event(f"{lane.value} gave way")
            for earlier in order[:place]:
                had = self.store.accounts[earlier].bytes + (files if earlier is Lane.BLOB else 0)
                floor = 0.0 if earlier in GIVES_WAY and lane in GIVES_WAY_LAST else QUOTA.lanes[earlier].floor
                assert had - added.get(earlier, 0) <= floor * CAP + 1, (lane, earlier)
        self.check_pictures_of_cases()

    def check_pictures_of_cases(self) -> None:
        """Where the picture of a case went that is still here, no picture was left that nobody named."""
        queued, rows = self.queued(), {row.seq for row in self.rows_unseen(Lane.RECORD)}
        lost = [sha256 for sha256, seq in self.blobs.items() if sha256 not in queued and seq in rows]
        if lost:
            event("the picture of a case went")
            assert not [sha256 for sha256, seq in self.blobs.items() if sha256 in queued and seq not in rows]


TestSmallLife = SmallLife.TestCase
"""Under its cap whatever comes; each lost row told once and exactly, in its lane's turn; no hub is left waiting."""
# Without shrinking: a failing life is long, and shortening it takes minutes.
TestSmallLife.settings = settings(
    max_examples=12, stateful_step_count=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
