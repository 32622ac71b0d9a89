-- oldest: 1
-- Files written into the outbox, and the records that each of them tells of: once each.

CREATE TABLE box_outbox (
    num INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    file TEXT NOT NULL,
    profile TEXT NOT NULL,
    records INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL                 -- chosen, written, delivered
) STRICT;
CREATE INDEX box_outbox_open ON box_outbox (num) WHERE state <> 'delivered';

CREATE TABLE box_exported (
    kind TEXT NOT NULL,
    row INTEGER NOT NULL,
    outbox INTEGER NOT NULL,
    PRIMARY KEY (kind, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX box_exported_outbox ON box_exported (outbox);
