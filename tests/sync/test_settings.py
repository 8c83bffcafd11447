# SPDX-License-Identifier: Apache-2.0

from edge.config.models import Broker, Link
from edge.sync.settings import NEVER, SessionSettings, session_settings


def test_every_key_of_the_link_that_concerns_the_session_reaches_it() -> None:
    """A setting that is read and not passed on would be a promise nobody keeps."""
    link = Link(
        root="dt/1",
        brokers=(Broker(host="a", port=1), Broker(host="b", port=2)),
        ack="broker",
        keepalive_s=20,
        connect_timeout_s=1.0,
        ack_timeout_s=2.0,
        window_batches=3,
        backoff_min_s=4.0,
        backoff_max_s=5.0,
        spread_s=6.0,
        return_after_s=7.0,
        silence_s=8.0,
        canary_s=9.0,
        deflate=True,
    )
    assert session_settings(link, "e1") == SessionSettings(
        "e1", "broker", 3, 2.0, 4.0, 5.0, 2, 6.0, 7.0, 8.0, 9.0, -NEVER
    )
