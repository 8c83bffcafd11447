# SPDX-License-Identifier: Apache-2.0
import pytest

from edge.contract.topics import Topics
from provisioning.bench.share import MOST_SHARING, Roster, Share, owner

TOPICS = Topics()
DEVICES = [f"pole-{number}" for number in range(600)]
SHARED = [f"$share/hub/dt/1/+/up/{lane}" for lane in ("urgent", "record", "state", "metric", "blob")]


def test_every_device_is_one_workers() -> None:
    """By hash each device has exactly one worker, and none of the workers is left idle."""
    shares = [Share(TOPICS, worker, 3) for worker in range(3)]
    assert all(sum(share.mine(device) for share in shares) == 1 for device in DEVICES)
    assert all(sum(map(share.mine, DEVICES)) > 150 for share in shares)


def test_the_hash_is_the_same_in_every_process() -> None:
    """Workers that disagreed about whose a device is would leave it to nobody."""
    assert [owner(device, 3) for device in DEVICES[:8]] == [1, 0, 0, 2, 1, 0, 0, 0]


def test_one_worker_more_takes_only_its_part() -> None:
    """Of the devices that change hands when a worker is added, all go to the new one."""
    moved = {owner(device, 4) for device in DEVICES if owner(device, 4) != owner(device, 3)}
    assert moved == {3}


def test_alone_hears_everything() -> None:
    """One worker needs no share, whatever the broker can do."""
    assert Share(TOPICS).filters(["pole-1"], broker_shares=True) == ["dt/1/+/up/+"]
    assert Share(TOPICS).mine("pole-1")


def test_the_broker_shares_the_lanes_and_every_worker_hears_the_words() -> None:
    """Presence has an order and is retained, and a shared subscription keeps neither."""
    heard = Share(TOPICS, 1, 3).filters(DEVICES, broker_shares=True)
    assert heard == [*SHARED, "dt/1/+/up/presence", "dt/1/+/up/reported"]


@pytest.mark.parametrize(
    ("share", "broker_shares"),
    [
        (Share(TOPICS, 1, 3), False),
        (Share(TOPICS, 1, 3, by_hash=True), True),
        (Share(TOPICS, 1, MOST_SHARING + 1), True),
    ],
    ids=["broker-cannot", "asked-for", "too-many"],
)
def test_by_hash_a_worker_hears_its_devices(share: Share, broker_shares: bool) -> None:
    """A worker knows its devices from the record, and all others by their presence."""
    heard = share.filters(DEVICES, broker_shares=broker_shares)
    assert heard == ["dt/1/+/up/presence", *(f"dt/1/{device}/up/+" for device in DEVICES if share.mine(device))]


def test_a_session_that_was_used_otherwise_lets_go() -> None:
    """What an earlier life of the session was subscribed to would bring everything twice, and for ever."""
    assert Share(TOPICS).strays(broker_shares=True) == [*SHARED, "dt/1/+/up/presence", "dt/1/+/up/reported"]
    assert Share(TOPICS).strays(broker_shares=False) == ["dt/1/+/up/presence", "dt/1/+/up/reported"]
    assert Share(TOPICS, 0, 2).strays(broker_shares=True) == ["dt/1/+/up/+"]
    by_hash = Share(TOPICS, 0, 2, by_hash=True).strays(broker_shares=True)
    assert by_hash == ["dt/1/+/up/+", *SHARED, "dt/1/+/up/reported"]


def test_a_device_seen_for_the_first_time_is_taken_in() -> None:
    """By its presence a worker learns of its own device, once for a connection; another's is left alone."""
    share = Share(TOPICS, 0, 2, by_hash=True)
    mine = next(device for device in DEVICES if share.mine(device))
    other = next(device for device in DEVICES if not share.mine(device))
    roster = Roster(share)
    assert roster.meet(f"dt/1/{mine}/up/presence") == ([f"dt/1/{mine}/up/+"], [])
    assert roster.meet(f"dt/1/{mine}/up/state") == ([], [])
    assert roster.meet(f"dt/1/{other}/up/presence") == ([], [])
    assert roster.meet(f"dt/1/{other}/up/state") == ([], [f"dt/1/{other}/up/+"])
    assert roster.meet(f"dt/1/{other}/up/state") == ([], []), "once is enough for a connection"
    assert roster.meet("somewhere/else") == ([], [])
    roster.begin([])
    assert roster.meet(f"dt/1/{mine}/up/presence") == ([f"dt/1/{mine}/up/+"], [])
