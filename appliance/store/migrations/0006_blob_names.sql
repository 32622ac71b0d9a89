-- oldest: 1
-- Who sent a blob, who names one that is not theirs, and since when nothing names one.
-- box_blob_refs holds the names that let a device read a blob through a record.

CREATE TABLE box_blob_owners (
    sha256 TEXT NOT NULL,
    user INTEGER NOT NULL,              -- whose device sent the whole content
    PRIMARY KEY (sha256, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE box_blob_claims (
    sha256 TEXT NOT NULL,
    row INTEGER NOT NULL,               -- negative: the number of a mutation that is kept
    device INTEGER NOT NULL,            -- that named it, and whose user has not sent it
    PRIMARY KEY (sha256, row, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX box_blob_claims_row ON box_blob_claims (row);

CREATE TABLE box_blob_unnamed (
    sha256 TEXT PRIMARY KEY,
    since INTEGER                       -- NULL where no time was known
) STRICT, WITHOUT ROWID;

CREATE TRIGGER box_blob_claims_gone AFTER DELETE ON box_mutations
    WHEN OLD.payload IS NOT NULL BEGIN
    DELETE FROM box_blob_claims WHERE row = -OLD.num;
END;
CREATE TRIGGER box_blob_claims_dropped AFTER UPDATE OF payload ON box_mutations
    WHEN OLD.payload IS NOT NULL AND NEW.payload IS NULL BEGIN
    DELETE FROM box_blob_claims WHERE row = -OLD.num;
END;
