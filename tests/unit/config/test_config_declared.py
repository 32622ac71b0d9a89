from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import ConfigError, DeclaredField, Settings, bucket_fields, load_texts

HEAD = 'state_dir = "d"\n'


def settings_of(text: str) -> Settings:
    return load_texts([("a.toml", HEAD + text)], Path("/srv"), {})


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings_of(text)
    return str(caught.value).splitlines()


def test_a_collection_needs_only_its_key_and_fields() -> None:
    declared = settings_of('[collections.shelf]\nkey = ["code"]\nfields = { code = "text!" }\n')
    shelf = declared.collections["shelf"]
    assert shelf.title == "shelf"
    assert shelf.bucket == "all"
    assert (shelf.read, shelf.write) == (("*",), ())
    assert shelf.conflict == "server_wins"
    assert shelf.fields == {"code": DeclaredField(type="text", required=True, title="code")}


def test_fields_keep_their_order_and_may_be_texts_or_tables() -> None:
    shelf = settings_of(
        """
[collections.shelf]
key = ["code", "day"]
bucket = "outlet:{outlet_id}:{code}"
write = ["merchandiser"]
conflict = "append_only"

[collections.shelf.fields]
outlet_id = "ref:outlets!"
code = "text!"
price = "price"

[collections.shelf.fields.day]
type = "date"
required = true
title = "Day of the count"
"""
    ).collections["shelf"]
    assert list(shelf.fields) == ["outlet_id", "code", "price", "day"]
    outlet, day = shelf.fields["outlet_id"], shelf.fields["day"]
    assert (outlet.kind, outlet.of, outlet.required) == ("ref", "outlets", True)
    assert (day.kind, day.of, day.required, day.title) == ("date", None, True, "Day of the count")
    assert shelf.fields["price"].required is False
    assert bucket_fields(shelf.bucket) == ("outlet_id", "code")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[collections.c]\nkey = ["a"]\n',
            "a.toml:2: collections.c.fields: is missing",
        ),
        (
            '[collections.c]\nkey = []\nfields = { a = "text!" }\n',
            "a.toml:3: collections.c.key: the list has 0 items (allowed: from 1 to 1000 items)",
        ),
        (
            '[collections.c]\nkey = ["b"]\nfields = { a = "text!" }\n',
            'a.toml:3: collections.c.key: "b" is no field of this collection '
            '(add fields.b, such as b = "text!")',
        ),
        (
            '[collections.c]\nkey = ["a"]\nfields = { a = "text" }\n',
            'a.toml:3: collections.c.key: "a" may be absent (make it "text!")',
        ),
        (
            '[collections.c]\nkey = ["a"]\nfields = { a = "json!" }\n',
            'a.toml:3: collections.c.key: "a" is of type json '
            "(allowed: fields of id, ref, text, int, date, bool)",
        ),
        (
            '[collections.c]\nkey = ["a"]\nbucket = "x:{b}"\nfields = { a = "int!", b = "json" }\n',
            'a.toml:4: collections.c.bucket: "b" is of type json '
            "(allowed: fields of id, ref, text, int, date)",
        ),
        (
            '[collections.c]\nkey = ["a"]\nbucket = "x:{b"\nfields = { a = "int!" }\n',
            'a.toml:4: collections.c.bucket: "x:{b" cannot be read from "{b" on '
            '(allowed: text such as "all" or "outlet:{outlet_id}")',
        ),
        (
            '[collections.c]\nkey = ["a"]\n[collections.c.fields]\na = "int!"\nid = "id"\n',
            "a.toml:6: collections.c.fields.id: every record has an id of its own (leave it out)",
        ),
        (
            '[collections.c]\nkey = ["a", "a"]\nfields = { a = "int!" }\n',
            "a.toml:3: collections.c.key: item 2 is listed twice (allowed: each item once)",
        ),
        (
            '[collections.c]\nkey = ["a"]\nread = "agent"\nfields = { a = "int!" }\n',
            'a.toml:4: collections.c.read: found the text "agent" (allowed: a list, each item '
            'a name or "*" for everyone; put it in [ ])',
        ),
        (
            '[roles.r]\nread = ["*"]\n',
            'a.toml:3: roles.r.read: item 1: "*" cannot be a name (allowed: a name of a-z, 0-9 '
            "and _, a letter first, at most 63 long)",
        ),
    ],
)
def test_a_wrong_declaration_says_what_to_do(text: str, expected: str) -> None:
    assert problems_of(text) == [expected]


@pytest.mark.parametrize("wrong", ["txt", "text!!", "ref", "ref:", "ref:Big", "list", "", "text "])
def test_only_known_field_types_are_taken(wrong: str) -> None:
    (line,) = problems_of(
        f'[collections.c]\nkey = ["a"]\n[collections.c.fields]\na = "text!"\nb = "{wrong}"\n'
    )
    assert line.startswith("a.toml:6: collections.c.fields.b: ")
    assert "is no field type (allowed: id, text, int" in line


def test_the_short_mark_has_no_place_in_the_long_form() -> None:
    (line,) = problems_of(
        '[collections.c]\nkey = ["a"]\n[collections.c.fields.a]\ntype = "text!"\nrequired = true\n'
    )
    assert line.startswith('a.toml:5: collections.c.fields.a.type: "text!" is no field type')


def test_roles_are_read() -> None:
    role = settings_of('[roles.auditor]\nread = ["orders", "visits"]\n').roles["auditor"]
    assert (role.read, role.write) == (("orders", "visits"), ())
