-- oldest: 1
-- What each plugin served last: its collections stay for devices when it does not start.

CREATE TABLE box_plugin_memory (
    plugin TEXT PRIMARY KEY,
    served TEXT NOT NULL                -- JSON, see appliance.plugin_host.remembered
) STRICT, WITHOUT ROWID;
