-- oldest: 1
-- What retention may forget is found by an index, and by which seq and which mutation were the
-- newest on a day that is known to have come.

CREATE TABLE box_days (
    day INTEGER PRIMARY KEY,            -- since 1970, UTC
    seq INTEGER NOT NULL,               -- the newest change when it began to be known
    mutation INTEGER NOT NULL           -- likewise, the newest number in box_mutations
) STRICT;

-- Of the days before, the mutations follow from when they were received; a mutation with a date in
-- the future makes them fewer, never more.
INSERT INTO box_days
    SELECT CAST(substr(key, 11) AS INTEGER), value, coalesce((
        SELECT min(m.num) - 1 FROM box_mutations m
        WHERE m.received_at >= (CAST(substr(key, 11) AS INTEGER) + 1) * 86400000
    ), 0) FROM box_meta WHERE key GLOB 'seq_marks:*';
DELETE FROM box_meta WHERE key GLOB 'seq_marks:*';

CREATE INDEX box_changes_deletions ON box_changes (pos) WHERE pos & 1 = 0;
CREATE INDEX box_rows_deleted ON box_rows (seq) WHERE deleted = 1;
CREATE INDEX box_grants_lost ON box_grants (until) WHERE until < 4611686018427387904;
CREATE INDEX box_versions_at ON box_versions (at);
