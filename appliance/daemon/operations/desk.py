"""The desk: one technician's conversation with the box."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from appliance.config.address import Address
from appliance.store.box import Box

if TYPE_CHECKING:
    from appliance.daemon.kit import Kit
    from appliance.daemon.operations.imports import OpenImport
    from appliance.hardware.print_shop import PrintShop
    from appliance.store.documents import DocumentMaker
    from appliance.store.table_stream import TableStream


class Serving:
    """Where the daemon serves devices; whoever opens its port fills it in.

    Attributes:
        address: the host that devices are told to use (a name or an address that is not
            ``0.0.0.0``) and the real port, None while no port is open.
        started_at: UTC milliseconds of the start, None while nothing runs.
        shop: prints; None where no daemon runs.
        kit: of the van; None where no daemon runs.
    """

    def __init__(self) -> None:
        self.address: Address | None = None
        self.shop: PrintShop | None = None
        self.started_at: int | None = None
        self.kit: Kit | None = None


class Desk:
    """What operations work with. Its requests come one after another.

    Attributes:
        box: the box.
        serving: where it serves.
        running: a daemon serves the box; False where a command opened it by itself.
        imports: the conversation's open imports by number.
        exports: likewise its open exports.
        incoming: a file that is being sent: its SHA-256 and its bytes so far.
        actor: who asked last.
        progress: told how far a long operation is, as plain data: ``done`` and, where it is
            known, ``total``.
    """

    def __init__(
        self,
        box: Box,
        *,
        serving: Serving | None = None,
        running: bool = False,
        progress: Callable[[dict[str, Any]], None] = lambda _state: None,
    ) -> None:
        self.box = box
        self.serving = serving if serving is not None else Serving()
        self.running = running
        self.progress = progress
        self.imports: dict[int, OpenImport] = {}
        self.exports: dict[int, TableStream] = {}
        self.incoming: tuple[str, bytearray] | None = None
        self.actor = ""
        self._own_shop: PrintShop | None = None
        self._prints = False

    @property
    def documents(self) -> DocumentMaker:
        """What makes documents."""
        from appliance.store.documents import DocumentMaker

        return DocumentMaker(self.box)

    @property
    def shop(self) -> PrintShop:
        """The printers and jobs: the daemon's, or where none runs one that does not print."""
        if self.serving.shop is not None:
            return self.serving.shop
        if self._own_shop is None:
            from appliance.hardware.print_shop import PrintShop

            self._own_shop = PrintShop(self.box, blobs=self.documents.blobs)
        return self._own_shop

    def start_printing(self) -> None:
        """Print for as long as this conversation, where no daemon does. Blocks."""
        if self.serving.shop is None and not self._prints:
            self._prints = True
            self.shop.start()

    def close(self) -> None:
        """End the conversation: imports that are open break, but for claims, which go on. Blocks.

        Raises:
            StoreError: they could not be settled; the next start of the box does it.
        """
        from appliance.daemon.operations.imports import abandon

        self.close_exports()
        if self._own_shop is not None and self._prints:
            self._own_shop.stop()
        while self.imports:
            _, one = self.imports.popitem()
            if one.params.claim is None:
                abandon(self, one, self.actor)

    def close_exports(self) -> None:
        """Close the exports that are open. Blocks."""
        while self.exports:
            _, stream = self.exports.popitem()
            stream.close()
