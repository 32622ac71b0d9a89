-- oldest: 1
-- What was imported, how the last imports can be undone, and what full loads put out of use.

CREATE TABLE box_imports (
    num INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    actor TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,               -- of the file, "" where that is not known
    profile TEXT NOT NULL,
    whole INTEGER NOT NULL,             -- 1: all or nothing, 0: rows that are wrong are left out
    claim TEXT UNIQUE,                  -- the file taken from a watched folder
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    state TEXT NOT NULL,                -- running, done, broken, undoing, undone
    counts TEXT NOT NULL                -- JSON
) STRICT;
CREATE INDEX box_imports_kind ON box_imports (kind, num);
CREATE INDEX box_imports_open ON box_imports (num) WHERE state IN ('running', 'undoing');

CREATE TABLE box_import_changes (
    import INTEGER NOT NULL,
    row INTEGER NOT NULL,
    seq INTEGER NOT NULL,               -- of the record after the import's last change of it
    before TEXT,                        -- JSON: fields as they were, null for none; NULL: no record
    PRIMARY KEY (import, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE box_import_inactive (
    row INTEGER PRIMARY KEY,            -- made inactive because a full load did not name it
    import INTEGER NOT NULL
) STRICT;
