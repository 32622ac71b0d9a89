"""A tasting on its way from a device into an appliance and back."""

import hello_plugin


def test_a_tasting_is_stored_and_comes_back(fieldbox_box):
    """Few guests: nothing to say. Too many: stored all the same, and flagged."""
    box = fieldbox_box(hello_plugin, config="[plugins.hello]\nmost_guests = 50\n")
    box.user("anna", "agent")
    device = box.device("anna")
    small = device.put("tastings", {"product": "Jam", "held_at": box.now_ms, "guests": 12})
    large = device.put("tastings", {"product": "Tea", "held_at": box.now_ms, "guests": 51})

    answers = box.push(device, small, large)

    assert [(a.outcome, a.codes) for a in answers] == [
        ("applied", []),
        ("flagged", ["guests_many"]),
    ]
    assert box.pull(device)["tastings"] == {m["id"]: m["row"] for m in (small, large)}
