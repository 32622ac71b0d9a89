-- oldest: 1
-- Printers that the box found by itself, and which printers had their first status slip.

CREATE TABLE box_found_printers (
    usb TEXT PRIMARY KEY,           -- which it is, as `usb` of a printer of the configuration
    name TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,            -- what it calls itself
    port TEXT NOT NULL,             -- the socket that it was seen in last
    first_seen INTEGER NOT NULL
) STRICT;

CREATE TABLE box_status_slips (
    identity TEXT PRIMARY KEY,      -- of the printer: usb:04b8:0e15:J7K2, serial:/dev/...
    at INTEGER NOT NULL
) STRICT;
