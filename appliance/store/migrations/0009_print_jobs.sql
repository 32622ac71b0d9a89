-- oldest: 1
-- The spool: jobs of all printers. `body` is the job as JSON, `document` what it prints.

CREATE TABLE box_print_jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice: it is on paper
    id TEXT NOT NULL UNIQUE,
    printer TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    original TEXT NOT NULL,                     -- the id of the job this is a copy of, or its own
    body BLOB NOT NULL,
    document BLOB NOT NULL
) STRICT;
CREATE INDEX box_print_jobs_open ON box_print_jobs (printer, number)
    WHERE state NOT IN ('canceled', 'aborted', 'completed');
CREATE INDEX box_print_jobs_done ON box_print_jobs (changed_at)
    WHERE state IN ('canceled', 'aborted', 'completed');
CREATE INDEX box_print_jobs_original ON box_print_jobs (original);
