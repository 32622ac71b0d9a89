from __future__ import annotations

import gettext
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.catalogues import CatalogueError, Entry, read_catalogue, write_catalogue

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def test_a_catalogue_as_translators_send_it() -> None:
    text = """\
# Translator: Айгуль
msgid ""
msgstr ""
"Language: kk\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#. who may
#: plugin.py:12
#, python-brace-format
msgctxt "role"
msgid "Only {who}\\n"
"may do this."
msgstr "Тек {who} "
"ғана.\\t\\"иә\\""
#, fuzzy, python-brace-format
#| msgid "Ok"
msgid "Okay"
msgstr "Жарайды"

msgid "Later"
msgstr ""
#~ msgid "gone"
#~ msgstr "кетті"
"""
    assert read_catalogue(text.replace("\n", "\r\n"), "kk.po") == [
        Entry("role", "Only {who}\nmay do this.", 'Тек {who} ғана.\t"иә"', False, 11),
        Entry("", "Okay", "Жарайды", True, 17),
        Entry("", "Later", "", False, 20),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("words", "x.po:1: not a comment, a msgid"),
        ('"words"', 'x.po:1: Got line starting with "'),
        ('msgid "a"\n# why\nmsgstr "b"', "x.po:1: missing msgstr"),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"', "x.po:3: msgstr is not expected here"),
        ('msgid "a\nmsgstr "b"', "x.po:1: the text does not begin"),
        ('msgid "a"b"\nmsgstr "b"', "x.po:1: the text does not begin"),
        ('msgid "a\\"\nmsgstr "b"', "x.po:1: the text does not begin"),
        ('msgid "a"\nmsgstr "\\x"', "x.po:2: unknown escape \\x"),
        ('msgid "a"\nmsgid "b"', "x.po:2: msgid is not expected here"),
        ('msgid "a"\nmsgctxt "b"', "x.po:2: msgctxt is not expected here"),
        ('msgid "a"', "x.po:1: the message has no msgstr"),
        ('msgctxt "a"', "x.po:1: the message has no msgid"),
        ('msgstr "a"\n', "x.po:1: msgstr is not expected here"),
        ('msgid "a"\nmsgid_plural "b"', "x.po:2: plural forms"),
        ('msgid "a"\nmsgstr[0] "b"', "x.po:2: plural forms"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"', "x.po:4: the message is there a second"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, says: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(text, "x.po")
    assert str(caught.value).startswith(says)


@given(st.lists(st.builds(Entry, WORDS, WORDS.filter(bool), WORDS, st.booleans(), st.just(0))))
def test_what_is_written_is_read_back(entries: list[Entry]) -> None:
    kept = {entry[:2]: entry for entry in entries}
    text = write_catalogue("ru", kept.values())
    found = [entry._replace(line=0) for entry in read_catalogue(text, "ru.po")]
    assert found == list(kept.values())


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="needs msgfmt of GNU gettext")
def test_gnu_gettext_reads_what_is_written(tmp_path: Path) -> None:
    entries = [Entry("key", 'A "word"\n', "Слово\n"), Entry("", "More", "Ещё")]
    (tmp_path / "ru.po").write_text(write_catalogue("ru", entries), encoding="utf-8")
    made = subprocess.run(
        ["msgfmt", "--check", "-o", "-", tmp_path / "ru.po"], check=True, capture_output=True
    )
    said = gettext.GNUTranslations(BytesIO(made.stdout))
    assert said.pgettext("key", 'A "word"\n') == "Слово\n"
    assert said.gettext("More") == "Ещё"
