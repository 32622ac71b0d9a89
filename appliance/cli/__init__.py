"""The `fieldbox` command, one file a family."""
