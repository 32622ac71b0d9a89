"""Tastings: what was offered in an outlet, and how many people came."""

from collections.abc import Sequence

from appliance import api


@api.hookimpl
def manifest() -> api.Manifest:
    """Name the plugin as the entry point does."""
    return api.Manifest(name="hello", version="1.0", title="Tastings in outlets")


@api.hookimpl
def settings() -> Sequence[api.Setting]:
    """Declare the section ``[plugins.hello]``."""
    return [api.Setting("most_guests", "int", "Guests beyond which somebody looks.", default=200)]


@api.hookimpl
def collections() -> Sequence[api.Collection]:
    """Declare a fact: a tasting has happened, so nothing refuses it."""
    fields = (
        api.Field(name="product", type="text", required=True, max_length=100, search=True),
        api.Field(name="held_at", type="timestamp", required=True),
        api.Field(name="guests", type="int", required=True, minimum=0),
    )
    return [
        api.Collection(
            name="tastings",
            title="Tastings held in outlets",
            fields=fields,
            kind="fact",
            direction="both",
            conflict="append_only",
            write=("agent",),
        )
    ]


@api.hookimpl
def validate_mutation(
    mutation: api.Mutation, stored: api.Row | None, context: api.Context
) -> Sequence[api.Issue] | None:
    """Flag a tasting with more guests than anybody believes."""
    if mutation.collection != "tastings" or mutation.op != "put":
        return None
    most = context.settings["most_guests"]
    if mutation.row["guests"] <= most:
        return None
    text = f"More than {most} guests; is that a slip of the finger?"
    return [api.Issue(code="guests_many", severity="flag", pointer="/guests", text=text)]
