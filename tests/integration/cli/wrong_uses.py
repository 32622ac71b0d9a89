"""Command lines that are wrong: how each ends, and what it has to tell. See test_wrong_use.py."""

from __future__ import annotations

from typing import NamedTuple

NOBODY = "11111111-1111-7111-8111-111111111111"
LONG = "x" * 20_000


class Wrong(NamedTuple):
    """A command, its exit code, and texts that tell what is wrong and what to do."""

    arguments: tuple[str | bytes, ...]
    code: int
    told: tuple[str, ...]


def wrong(line: str, code: int, *told: str, then: tuple[str | bytes, ...] = ()) -> Wrong:
    return Wrong((*line.split(), *then), code, told)


TABLE = [
    # names
    wrong("usr list", 2, "Did you mean 'user'?"),
    wrong("user lst", 2, "Did you mean 'list'?"),
    wrong("user list --jsn", 2, "Did you mean '--json'?"),
    wrong("user change olg --role agent", 1, "did you mean 'olga'?", "fieldbox user list"),
    wrong("user add boris --role agnt", 2, "did you mean 'agent'?"),
    wrong("device invite --user olgaa", 1, "did you mean 'olga'?"),
    wrong("device invite --user olga --role drivr", 1, "no role 'drivr'", "only agent"),
    wrong("device revoke ffffffff", 1, "fieldbox device list"),
    wrong("device uninvite ZZZZ", 1, "fieldbox device invites"),
    wrong("role allow agent fridgs read", 2, "did you mean 'fridges'?"),
    wrong("role allow agent report:orders_by_dy read", 2, "did you mean 'report:orders_by_day'?"),
    wrong("role allow agent fridges fly", 2, "'read', 'write'"),
    wrong("role forget agent fridges read", 1, "nothing is stored"),
    wrong("import fridgs good.csv --profile csv", 2, "did you mean 'fridges'?"),
    wrong("import fridges good.csv --profile cvs", 2, "Did you mean csv?"),
    wrong("import --kinds fridgs", 2, "did you mean 'fridges'?"),
    wrong("export ordrs out.csv --profile csv", 2, "did you mean 'orders'?"),
    wrong("export orders out.csv --profile cvs", 2, "Did you mean csv?"),
    wrong("report orders_by_dy", 2, "did you mean 'orders_by_day'?"),
    wrong("report orders_by_day --param sinc=2026-01-01", 2, "did you mean 'since'?"),
    wrong("report orders_by_day --format cvs", 2, "'table', 'csv', 'xlsx', 'json'"),
    wrong("search a --in fridgs", 2, "did you mean 'fridges'?"),
    wrong("search a --in prices", 2, "no searchable collection 'prices'", "products"),
    wrong(f"print order_cpy {NOBODY}", 2, "did you mean 'order_copy'?"),
    wrong(f"print order_copy {NOBODY} --printer papr", 2, "did you mean 'paper'?"),
    wrong(f"print order_copy {NOBODY}", 1, "fieldbox search"),
    wrong("print order_copy no-uuid", 1, "fieldbox search"),
    wrong("printer try papr", 2, "did you mean 'paper'?"),
    wrong("printer forget paper", 1, "take [printers.paper] out"),
    wrong("printer add", 2, "a-z, 0-9 and _", then=("Van 7",)),
    wrong("plugin allow preseling", 2, "did you mean 'preselling'?"),
    wrong("plugin failures preseling", 2, "did you mean 'preselling'?"),
    wrong("x preseling recent", 2, "did you mean 'preselling'?"),
    wrong("x preselling recnt", 2, "Did you mean 'recent'?"),
    wrong("x preselling recent --limit no", 1, "1 to 1000"),
    wrong("mutation show 99", 1, "fieldbox mutation list"),
    wrong("mutation retry 99", 1, "fieldbox mutation list"),
    wrong("mutation settle 99 --note done", 1, "fieldbox mutation list"),
    wrong("mutation list --outcome lost", 2, "'quarantined'"),
    wrong("mutation list --device ffffffff", 1, "fieldbox device list"),
    wrong("simulate --user olgaa", 1, "did you mean 'olga'?"),
    # empty and too short
    wrong("search", 2, "may not be empty", then=("",)),
    wrong("search", 2, "empty text", then=("  ",)),
    wrong("search a --in", 2, "may not be empty", then=("",)),
    wrong("user add --role agent", 2, "may not be empty", then=("",)),
    wrong("user add boris --role", 2, "may not be empty", then=("",)),
    wrong("user add boris --role agent --name", 2, "may not be empty", then=("",)),
    wrong("user unlock", 2, "may not be empty", then=("",)),
    wrong("device revoke x", 2, "at least 4 characters"),
    wrong("device uninvite", 2, "may not be empty", then=("",)),
    wrong("role allow agent", 2, "may not be empty", then=("", "read")),
    wrong("print order_copy", 2, "may not be empty", then=("",)),
    wrong("import fridges good.csv --profile csv --source", 2, "lower-case", then=("",)),
    wrong("export orders --profile csv", 2, "KIND and FILE", then=("",)),
    wrong("plugin allow", 2, "may not be empty", then=("",)),
    wrong("mutation settle 1 --note", 2, "in words", then=("",)),
    wrong("audit verify --last-hash", 2, "64 hex digits", then=("",)),
    # of another form
    wrong("user add boris --role", 2, "1 to 63 of a-z", then=("Big Boss",)),
    wrong("user add --role agent", 2, "lower-case letters, digits", then=("Big Boss",)),
    wrong("user add boris --role agent --language русский", 2, "ru or kk-Cyrl"),
    wrong("user add boris --role agent --org no-uuid", 1, "expected the id of a record of org"),
    wrong("user change olga", 2, "nothing to change"),
    wrong("audit verify --last-hash xyz", 2, "64 hex digits"),
    wrong("report orders_by_day --param since", 2, "NAME=VALUE"),
    wrong("report orders_by_day --param since=today", 2, "such as 2026-01-31"),
    wrong("report orders_by_day --param since=2026-02-30", 2, "such as 2026-01-31"),
    wrong("device uninvite ЩЩЩЩ", 2, "character that no pairing code has"),
    wrong("simulate --invite garbage", 2, "fieldbox://HOST:PORT"),
    wrong("simulate --url http://box", 2, "https://HOST:PORT"),
    wrong("simulate --day tomorrow", 2, "YYYY-MM-DD"),
    wrong("simulate --day 2026-02-30", 2, "YYYY-MM-DD"),
    wrong("demo run --state demo --listen nonsense", 2, "Error: --listen: ", "IP:PORT"),
    # numbers
    wrong("search a --limit 0", 2, "a whole number from 1 to 1,000"),
    wrong("search a --limit -5", 2, "a whole number from 1 to 1,000"),
    wrong("search a --limit many", 2, "a whole number from 1 to 1,000"),
    wrong("audit list --before 0", 2, "a whole number of 1 or more"),
    wrong("audit list --before 99999999999999999999", 2, "larger than any number"),
    wrong("mutation show 0", 2, "a whole number of 1 or more"),
    wrong("mutation retry 1 x", 2, "a whole number of 1 or more"),
    wrong("simulate --mistakes 101", 2, "a whole number from 0 to 100"),
    wrong("simulate --devices 0", 2, "a whole number from 1 to 2,000"),
    wrong("simulate --seed x", 2, "a whole number of 0 or more"),
    # huge
    wrong("search", 2, "at most 200 characters and has 20,000", then=(LONG,)),
    wrong("user add --role agent", 2, "at most 64 characters", then=(LONG,)),
    wrong("user add boris --role agent --name", 2, "at most 200 characters", then=(LONG,)),
    wrong("report orders_by_day --param", 2, "at most 1,000 characters", then=(f"since={LONG}",)),
    wrong("report", 2, "at most 100 characters", then=(LONG,)),
    wrong("mutation settle 1 --note", 2, "at most 500 characters", then=(LONG,)),
    wrong("import fridges good.csv --profile csv --source", 2, "up to 63", then=(LONG,)),
    # bytes that are no text
    wrong("search", 2, "not UTF-8 text", then=(b"\xff\xfe",)),
    wrong("user add boris --role agent --name", 2, "not UTF-8 text", then=(b"\xd0",)),
    wrong("report orders_by_day --param", 2, "not UTF-8 text", then=(b"since=\xff",)),
    wrong("x preselling recent --limit", 2, "not UTF-8 text", then=(b"\xff",)),
    # what contradicts or lacks
    wrong("device uninvite", 2, "--all"),
    wrong("device uninvite ABCD --all", 2, "not both"),
    wrong("mutation retry", 2, "--all"),
    wrong("mutation retry --all 1", 2, "leave it or the NUMBERs out"),
    wrong("print --kinds order_copy", 2, "leave KIND out"),
    wrong("export --kinds orders", 2, "leave KIND out"),
    wrong("export orders - --profile csv --json", 2, "choose one"),
    wrong("report orders_by_day --json --format csv", 2, "choose one"),
    wrong("report --param since=2026-01-01", 2, "give its NAME"),
    wrong("report orders_by_day --param since=2026-01-01 --param since=2026-01-02", 2, "twice"),
    wrong("import fridges", 2, "KIND and FILE are needed", "--kinds"),
    wrong("print order_copy", 2, "KIND and RECORD_ID", "--kinds"),
    wrong("status more", 2, "unexpected extra argument"),
    # files and folders
    wrong("import fridges missing.csv --profile csv", 2, "does not exist"),
    wrong("import fridges a_folder --profile csv", 2, "is a directory"),
    wrong("import fridges noise.csv --profile csv", 1, "line 1", "not utf-8"),
    wrong("import fridges /dev/null --profile csv", 2, "is no regular file"),
    wrong("export orders a_folder --profile csv", 2, "is a directory"),
    wrong("export orders nowhere/x.csv --profile csv", 1, "cannot be written: No such file"),
    wrong("export orders /dev/full --profile csv", 1, "cannot be written: No space left"),
    wrong("device invite --user olga --png a_folder", 2, "is a directory"),
    wrong("simulate --invites missing", 2, "No such file"),
    wrong("simulate --keep a_file", 2, "is a file"),
    wrong("demo run --state a_file", 2, "is a file"),
    wrong("config check missing.toml", 2, "missing.toml: cannot be read"),
    wrong("config check a_folder", 2, "Is a directory"),
    wrong("config check noise.csv", 2, "not UTF-8"),
]
