"""Formulas: text that a spreadsheet would run instead of show.

A spreadsheet that opens a CSV file takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab
or a line break for a formula, quoted or not; a formula can start programs and send data away. A
customer's name or a comment typed on a phone must not (OWASP, "CSV Injection").

The guard is an apostrophe before such text. So that a file written here reads back as it was,
text that already begins with apostrophes and then one of these characters gets one more, and
reading takes one away from exactly the same shape; no other text is touched either way, so
``unguarded(guarded(text)) == text`` for every text. A file that another program wrote loses a
leading apostrophe only where it stood for the same thing.

Numbers are never guarded: a cell made from an integer holds nothing but digits, a sign and a
separator. One sign alone ("-" for "none") is no formula and stays as it is.
"""

from __future__ import annotations

import re

# The wide forms are taken for the narrow ones by spreadsheets in East Asian locales.
_STARTS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(rf"'*[{_STARTS}].", re.DOTALL)
_GUARDED = re.compile(rf"''*[{_STARTS}].", re.DOTALL)


def guarded(text: str) -> str:
    """Return `text` with an apostrophe before it if a spreadsheet might run it."""
    return "'" + text if _DANGEROUS.match(text) else text


def unguarded(text: str) -> str:
    """Take away the apostrophe that `guarded` put before `text`, if it did."""
    return text[1:] if _GUARDED.match(text) else text
