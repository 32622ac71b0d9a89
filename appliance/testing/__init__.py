"""The test kit for partners' plugins and apps.

What stands here is stable, as `appliance.api` is:

=================  =============================================================================
``FakeContext``    a context in memory, for one hook alone; the fixture ``fieldbox_context``
``PluginBox``      an appliance without network in a folder; the fixture ``fieldbox_box``
``BoxDevice``      a device of a `PluginBox`, as its method ``device`` makes it
``PushAnswer``     the answer to one mutation, as ``PluginBox.push`` returns it
``PluginSuite``    what every plugin must hold to, as tests to inherit
``assert_plain``   fails where a value is no plain data
``DaemonProcess``  a real daemon in a process of its own
``CommandFailed``  a ``fieldbox`` command ended with an error; raised by `DaemonProcess`
``Device``         a complete offline device that speaks the sync protocol over TLS
``VirtualPrinter`` a receipt printer on a pseudo terminal or a TCP port, with faults
``Faults``         what goes wrong with a `VirtualPrinter`
``VirtualKit``     a van's printer, battery monitor and receiver of positions, and what befalls them
``VirtualPaper``   what the bytes that a printer got look like on paper, as pictures
``PaperMachine``   which printer's paper a `VirtualPaper` is: dots, code pages
=================  =============================================================================

Each is imported when it is first asked for: pytest imports this package in every test run on the
machine, whether it tests Fieldbox or not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.testing.box_device import BoxDevice, PushAnswer
    from appliance.testing.conformance.plugin_suite import PluginSuite, assert_plain
    from appliance.testing.daemon_process import CommandFailed, DaemonProcess
    from appliance.testing.device import Device
    from appliance.testing.fake_context import FakeContext
    from appliance.testing.paper_mode import PaperMachine
    from appliance.testing.plugin_box import PluginBox
    from appliance.testing.receipt_printer import Faults
    from appliance.testing.virtual_kit import VirtualKit
    from appliance.testing.virtual_paper import VirtualPaper
    from appliance.testing.virtual_printer import VirtualPrinter

__all__ = [
    "BoxDevice",
    "CommandFailed",
    "DaemonProcess",
    "Device",
    "FakeContext",
    "Faults",
    "PaperMachine",
    "PluginBox",
    "PluginSuite",
    "PushAnswer",
    "VirtualKit",
    "VirtualPaper",
    "VirtualPrinter",
    "assert_plain",
]

_HOMES = {
    "BoxDevice": "box_device",
    "CommandFailed": "daemon_process",
    "DaemonProcess": "daemon_process",
    "Device": "device",
    "FakeContext": "fake_context",
    "Faults": "receipt_printer",
    "PaperMachine": "paper_mode",
    "PluginBox": "plugin_box",
    "PluginSuite": "conformance.plugin_suite",
    "PushAnswer": "box_device",
    "VirtualKit": "virtual_kit",
    "VirtualPaper": "virtual_paper",
    "VirtualPrinter": "virtual_printer",
    "assert_plain": "conformance.plugin_suite",
}
"""The module of each public name, below this package."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for.

    Raises:
        AttributeError: there is no such name here.
    """
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, those not yet imported too."""
    return sorted({*globals(), *__all__})
