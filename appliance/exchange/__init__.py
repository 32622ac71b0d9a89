"""Files in and out: profiles, tables, columns. No I/O."""
