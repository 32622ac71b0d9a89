-- oldest: 1
-- How much is kept of what devices sent and no row holds. Triggers count it, so that whatever
-- writes or drops a payload, the count is right.

CREATE TABLE box_kept (
    device INTEGER PRIMARY KEY,
    mutations INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;

INSERT INTO box_kept SELECT device, count(*), sum(length(payload)) FROM box_mutations
    WHERE payload IS NOT NULL GROUP BY device;

CREATE TRIGGER box_kept_more AFTER INSERT ON box_mutations WHEN NEW.payload IS NOT NULL BEGIN
    INSERT OR IGNORE INTO box_kept VALUES (NEW.device, 0, 0);
    UPDATE box_kept SET mutations = mutations + 1, bytes = bytes + length(NEW.payload)
        WHERE device = NEW.device;
END;

CREATE TRIGGER box_kept_gone AFTER DELETE ON box_mutations WHEN OLD.payload IS NOT NULL BEGIN
    UPDATE box_kept SET mutations = mutations - 1, bytes = bytes - length(OLD.payload)
        WHERE device = OLD.device;
END;

CREATE TRIGGER box_kept_dropped AFTER UPDATE OF payload ON box_mutations
    WHEN OLD.payload IS NOT NULL AND NEW.payload IS NULL BEGIN
    UPDATE box_kept SET mutations = mutations - 1, bytes = bytes - length(OLD.payload)
        WHERE device = OLD.device;
END;

-- What makes room first where a device may keep no more.
CREATE INDEX box_mutations_settled ON box_mutations (device, num)
    WHERE settled IS NOT NULL AND payload IS NOT NULL;
