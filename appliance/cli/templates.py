"""``fieldbox printer template``: what documents are made by."""

from __future__ import annotations

import click

from appliance.cli.failure import Failure, WrongUse
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import show_json, show_table


@click.command()
@click.argument("name", required=False)
@json_option
@pass_invocation
def template(invocation: Invocation, name: str | None, as_json: bool) -> None:
    """Show the template NAME, or list the templates of documents and their parts.

    Copy one into the folder that `templates` of [printing] names, and change it there.

    \b
    fieldbox printer template footer > templates/footer.xml
    """
    from appliance.printing.fault import TemplateFault, choices
    from appliance.printing.library import built_in
    from appliance.store.template_folder import library_of

    folder = invocation.settings.printing.templates
    try:
        library = library_of(folder)
    except TemplateFault as fault:
        raise Failure(str(fault)) from fault
    faults = {fault.file: str(fault) for fault in library.faults()}
    rows = []
    for one in library.names if name is None else [name]:
        try:
            file, text = library.source(one)
        except KeyError:
            known = choices(one, library.names)
            raise WrongUse(f"there is no template {one!r}; {known}") from None
        own = file not in built_in()
        problem = faults.get(file, "")
        rows.append({"name": one, "file": file, "own": own, "problem": problem, "text": text})
    if name is not None:
        if as_json:
            show_json(rows[0])
        else:
            click.echo(rows[0]["text"], nl=False)
        return
    if as_json:
        show_json([{key: row[key] for key in row if key != "text"} for row in rows])
        return
    show_table(
        ("template", "from", "problem"),
        ((r["name"], r["file"] if r["own"] else "the appliance", r["problem"]) for r in rows),
    )
