# SPDX-License-Identifier: Apache-2.0
"""The hub's record in PostgreSQL (14 or later): tables for the workers, and views with the columns that readers know.

A lane keeps what is *missing* from 1 on as a multirange: taking a range away is one subtraction, the watermark is the
number before the lowest missing one, and a lane without holes has a single, endless range. An event is its lane's
number and its sequence: `{epoch}-{lane}-{seq}`, its id, says nothing else, so the primary key is that of (source, id).
"""

from typing import Final

from edge.contract.evidence import CASE_TYPE
from provisioning.bench.record_shown import SHOWN

LOCK: Final = 0x646F6E67
"""Advisory lock under which the tables are made: workers start at the same time."""

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS places (
    source text NOT NULL, epoch text NOT NULL, said_at timestamptz NOT NULL,
    PRIMARY KEY (source, epoch)
);
CREATE TABLE IF NOT EXISTS lane_rows (
    lane_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL, epoch text NOT NULL, lane text NOT NULL,
    missing int8multirange NOT NULL DEFAULT '{{[1,)}}',
    watermark bigint NOT NULL GENERATED ALWAYS AS (lower(missing) - 1) STORED,
    holed boolean NOT NULL GENERATED ALWAYS AS (missing <> int8multirange(int8range(lower(missing), NULL))) STORED,
    stored bigint NOT NULL DEFAULT 0, duplicates bigint NOT NULL DEFAULT 0,
    UNIQUE (source, epoch, lane)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS holed ON lane_rows (source) WHERE holed;
CREATE TABLE IF NOT EXISTS event_rows (
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    lane_no bigint NOT NULL, seq bigint NOT NULL,
    type text NOT NULL, subject text, time text NOT NULL, clock text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    data text NOT NULL,
    PRIMARY KEY (lane_no, seq)
);
CREATE INDEX IF NOT EXISTS arrivals ON event_rows (arrival);
CREATE INDEX IF NOT EXISTS cases ON event_rows (arrival) WHERE type = '{CASE_TYPE}';
CREATE INDEX IF NOT EXISTS shown ON event_rows (type, arrival) WHERE {SHOWN};
CREATE TABLE IF NOT EXISTS shed (
    source text NOT NULL, id text NOT NULL, epoch text NOT NULL, lane text NOT NULL,
    first bigint NOT NULL, last bigint NOT NULL, reason text NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE TABLE IF NOT EXISTS blobs (
    sha256 text PRIMARY KEY, total bigint NOT NULL, spans text NOT NULL, verified_at timestamptz
);
CREATE TABLE IF NOT EXISTS refs (
    source text NOT NULL, id text NOT NULL, sha256 text NOT NULL, size bigint NOT NULL, media_type text NOT NULL,
    PRIMARY KEY (source, id, sha256)
);
CREATE INDEX IF NOT EXISTS refs_by_blob ON refs (sha256);
CREATE TABLE IF NOT EXISTS presence (
    device text PRIMARY KEY, online boolean NOT NULL, payload text NOT NULL, received_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS reported (
    device text PRIMARY KEY, payload text NOT NULL, received_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    arrival bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL, reason text NOT NULL, head bytea NOT NULL, received_at timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE VIEW lanes AS SELECT source, epoch, lane, watermark, stored, duplicates FROM lane_rows;
CREATE OR REPLACE VIEW events AS
    SELECT arrival, source, epoch || '-' || lane || '-' || seq AS id, epoch, lane, seq,
        type, subject, time, clock, received_at, data
    FROM event_rows JOIN lane_rows USING (lane_no);
"""  # noqa: S608  our own constant
