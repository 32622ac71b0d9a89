-- The store: rows, the change log over them, grants, answers, identities.
-- Tables of the appliance begin with box_; every collection is a view beside them.

CREATE TABLE box_meta (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE box_collections (
    num INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    view TEXT NOT NULL DEFAULT '',      -- the SQL of its view and indexes, as they stand
    last_seq INTEGER NOT NULL DEFAULT 0 -- of the newest change of any of its records
) STRICT;

CREATE TABLE box_buckets (
    num INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- The newest version of every record, encoded once as the JSON text that travels.
CREATE TABLE box_rows (
    num INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    id TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    origin INTEGER NOT NULL,            -- the device whose text it is, 0 for the server
    deleted INTEGER NOT NULL,
    body TEXT NOT NULL                  -- '' for a deleted record
) STRICT;
CREATE UNIQUE INDEX box_rows_id ON box_rows (collection, id);

-- One entry for each (bucket, record). pos is seq * 2 for a deletion, seq * 2 + 1 for a put, so
-- that within one seq the deletion comes first.
CREATE TABLE box_changes (
    bucket INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    collection INTEGER NOT NULL,
    row INTEGER NOT NULL,
    size INTEGER NOT NULL,              -- bytes of the line it becomes, about
    PRIMARY KEY (bucket, pos)
) STRICT, WITHOUT ROWID;

CREATE TABLE box_sums (
    bucket INTEGER NOT NULL,
    collection INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    sum INTEGER NOT NULL,               -- modulo 2^64, as a signed integer
    bytes INTEGER NOT NULL,
    PRIMARY KEY (bucket, collection)
) STRICT, WITHOUT ROWID;

-- Earlier versions, of collections that merge edits.
CREATE TABLE box_versions (
    row INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (row, seq)
) STRICT, WITHOUT ROWID;

-- Grants are versioned: granted at seq s where since <= s < until.
CREATE TABLE box_grants (
    device INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (device, bucket, since)
) STRICT, WITHOUT ROWID;

-- One row for each mutation that was answered.
CREATE TABLE box_mutations (
    num INTEGER PRIMARY KEY,
    mid BLOB NOT NULL UNIQUE,           -- 16 bytes
    device INTEGER NOT NULL,
    n INTEGER NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB NOT NULL,               -- of the content, 16 bytes
    received_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    first TEXT,                         -- for a duplicate, the outcome of the first answer
    seq INTEGER,
    issues TEXT,                        -- JSON, where there are any
    sent_row INTEGER NOT NULL,          -- 1 where the answer carried the stored row
    payload BLOB                        -- what was sent, where no row holds it
) STRICT;
CREATE INDEX box_mutations_record ON box_mutations (collection, id);
CREATE INDEX box_mutations_kept ON box_mutations (num) WHERE payload IS NOT NULL;
CREATE INDEX box_mutations_open ON box_mutations (num) WHERE outcome IN ('held', 'flagged');

CREATE TABLE box_users (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,                -- JSON array
    org_id TEXT,
    language TEXT,
    locked INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE box_devices (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES box_users (num),
    roles TEXT NOT NULL,                -- JSON array
    name TEXT NOT NULL,
    platform TEXT NOT NULL,
    app_version TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- native, browser
    state TEXT NOT NULL,                -- active, revoked
    enrolled_at INTEGER NOT NULL,
    revoked_at INTEGER,
    seen_at INTEGER NOT NULL,
    last_n INTEGER NOT NULL DEFAULT 0,      -- highest running number of its mutations
    synced_seq INTEGER NOT NULL DEFAULT 0,  -- of the newest cursor it came back with
    grants_seq INTEGER NOT NULL DEFAULT 0   -- head when its grants were computed; 0 for anew
) STRICT;

CREATE TABLE box_credentials (
    id TEXT PRIMARY KEY,                -- certificate serial, or SHA-256 of a token, hex
    kind TEXT NOT NULL,                 -- certificate, token
    device INTEGER NOT NULL REFERENCES box_devices (num),
    thumbprint TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX box_credentials_device ON box_credentials (device);

CREATE TABLE box_pairing (
    id TEXT PRIMARY KEY,
    prefix TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    code TEXT NOT NULL                  -- JSON; the secret is not in it
) STRICT, WITHOUT ROWID;
CREATE INDEX box_pairing_prefix ON box_pairing (prefix);

CREATE TABLE box_permissions (
    role TEXT NOT NULL,
    object TEXT NOT NULL,
    verb TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    PRIMARY KEY (role, object, verb)
) STRICT, WITHOUT ROWID;

CREATE TABLE box_audit (
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE box_external_refs (
    source TEXT NOT NULL,
    collection INTEGER NOT NULL,
    ext_id TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (source, collection, ext_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE box_segments (
    bucket INTEGER NOT NULL,
    collection INTEGER NOT NULL,
    part INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    upto INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    retired_at INTEGER,
    PRIMARY KEY (bucket, upto, collection, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX box_segments_sha ON box_segments (sha256);

CREATE TABLE box_blob_refs (
    sha256 TEXT NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (sha256, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX box_blob_refs_row ON box_blob_refs (row);

CREATE TABLE box_plugin_failures (
    num INTEGER PRIMARY KEY,
    plugin TEXT NOT NULL,
    hook TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE box_plugin_states (
    plugin TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE box_search USING fts5 (
    text, content='', contentless_delete=1, tokenize='trigram'
);
