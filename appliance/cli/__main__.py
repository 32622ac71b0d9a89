"""``python -m appliance.cli``: the `fieldbox` command where its script is not on the PATH."""

from appliance.cli.main import main

main()
