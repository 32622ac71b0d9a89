"""Product groups."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells, settled

TREE = "acc"
"""The accounting system's tree: that of groups whose file names none."""

CLIENT_TREE = "client"
"""The tree that customers see."""

MAX_TREE = 40
"""Characters of a tree's name."""

IMPORTER = Importer(
    kind="product_groups",
    title="Groups of products",
    columns=(
        headers.own_code(headers.GROUP, "What products name the group by."),
        headers.named(
            "parent",
            ("Родитель", "Код родителя", "Родительская группа", "parent", "parent code"),
            "The code of the group above.",
        ),
        headers.name(),
        headers.sort("Its place among its siblings."),
        headers.named(
            "tree",
            ("Дерево", "tree"),
            "acc: the accounting system's, client: what customers see, or another name; absent:"
            " acc. A code is in one tree only.",
        ),
    ),
)


_TREES = {
    "acc": TREE,
    "учетное": TREE,
    "client": CLIENT_TREE,
    "клиентское": CLIENT_TREE,
    "витрина": CLIENT_TREE,
}


def reference(code: str) -> ExternalRef:
    """Refer to a group by its code."""
    return ExternalRef(collection="product_groups", external_id=code)


def mention(group: str, tree: str = TREE) -> ImportRecord:
    """Make a group that a file only mentions; it is named by its code until its own file comes."""
    return ImportRecord(
        collection="product_groups",
        external_id=group,
        row={"tree": tree, "name": group},
        create_only=True,
    )


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a group, and its parent if that is not known yet."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    parent = cells.optional_code("parent")
    if parent == code:
        raise cells.wrong("parent", "a group cannot be its own parent")
    row = {
        **cells.given("name", "sort"),
        **cells.linked("parent", "parent_id", reference),
    }
    tree = TREE
    if "tree" in cells:
        tree = row["tree"] = _tree(cells)
    found = [] if parent is None else [mention(parent, tree)]
    return [*found, *settled("product_groups", code, row, {"tree": TREE})]


def _tree(cells: Cells) -> str:
    stated = cells.optional_code("tree") or TREE
    tree = _TREES.get(stated.casefold(), stated)
    if len(tree) > MAX_TREE:
        raise cells.wrong("tree", f"the name of a tree has at most {MAX_TREE} characters")
    return tree
