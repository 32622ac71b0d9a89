"""Images of products: which product they are of, in which order, and who sees them."""

from __future__ import annotations

from typing import Any

import pytest

SHA = "ab" * 32


def image(file: str, **more: Any) -> dict[str, Any]:
    """Return a row as the box hands it over."""
    seen = {"sha256": SHA, "mime": "image/jpeg", "size": 9, "width": 8, "height": 6}
    small = {"small_sha256": "cd" * 32, "small_width": 4, "small_height": 3}
    return {"product": file.partition(".")[0], "file": file, **seen, **small, **more}


def bring(office: Any, *rows: dict[str, Any]) -> None:
    found = office.box.import_rows("images", rows)
    assert found.problems == ()
    assert office.box.import_rows("images", rows)[:2] == (0, 0)


def names(office: Any) -> list[str]:
    """Return the names of the images of tea, in their order."""
    held = office.box.pull(office.box.device("anna"))
    (tea,) = (row for row in held["products"].values() if row["code"] == "tea")
    return [held["attachments"][one]["file_name"] for one in tea.get("image_ids", ())]


def test_an_image_reaches_every_device_with_a_small_one(office: Any) -> None:
    bring(office, image("tea.jpg"))
    (found,) = office.box.pull(office.box.device("anna"))["attachments"].values()
    assert found == {
        "sha256": SHA,
        "mime": "image/jpeg",
        "size": 9,
        "width": 8,
        "height": 6,
        "kind": "image",
        "file_name": "tea",
        "ref_type": "products",
        "ref_id": office.the("products", code="tea"),
        "renditions": [{"name": "small", "sha256": "cd" * 32, "width": 4, "height": 3}],
    }


def test_images_stand_in_the_order_of_their_numbers(office: Any) -> None:
    bring(office, image("tea_2.jpg"), image("tea.jpg", position=1), image("tea_3.jpg"))
    assert names(office) == ["tea", "tea_2", "tea_3"]
    bring(office, image("tea_3.jpg", position=1))
    assert names(office) == ["tea_3", "tea", "tea_2"]
    bring(office, image("tea.jpg", removed=True))
    assert names(office) == ["tea_3", "tea_2"]


def test_a_code_that_ends_like_a_number_is_a_code(office: Any) -> None:
    office.take("products", code="tea_2", name="Other tea")
    bring(office, image("tea_2.jpg"))
    assert names(office) == []
    assert len(office.box.records("attachments")) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (image("none_2.jpg"), "there is no product none"),
        (image("tea.jpg", sha256=None), "tea.jpg itself is missing"),
    ],
)
def test_what_cannot_be_an_image(office: Any, row: dict[str, Any], words: str) -> None:
    before = office.box.records("products")
    ((_, _, text),) = office.box.import_rows("images", [row]).problems
    assert words in text
    assert office.box.records("products") == before
