-- oldest: 1
-- What waits for a person, and who dealt with it.

ALTER TABLE box_mutations ADD COLUMN settled TEXT; -- JSON: at, by, note; NULL while it waits

DROP INDEX box_mutations_open;
CREATE INDEX box_mutations_waiting ON box_mutations (num)
    WHERE outcome IN ('quarantined', 'rejected', 'conflict', 'held', 'flagged');
