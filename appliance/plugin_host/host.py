"""The plugin host: registers plugins, calls their hooks one at a time, and takes out who fails.

Each hook is called for one plugin alone, under `Guard`, so that one that raises or overruns is
known by name and the others are called all the same. Three failures in ten minutes quarantine a
plugin until a technician allows it again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pluggy

from appliance.api import hookspecs
from appliance.api.errors import ImportRowError, PluginError
from appliance.plugin_host.declarations import Declarations, check_manifest, gather
from appliance.plugin_host.discovery import Found
from appliance.plugin_host.failure_place import place_of, roots_of
from appliance.plugin_host.guard import Guard
from appliance.plugin_host.plugin_status import PluginStatus, State
from appliance.plugin_host.remembered import Remembered

FAILURES = 3
WINDOW_MS = 10 * 60 * 1000
MAX_TEXT = 500
"""Characters of a plugin's error that are kept."""

_EXPECTED = (ImportRowError,)
"""Errors by which a plugin answers; they are no failures."""


class Failure(NamedTuple):
    """One failed call of a plugin."""

    plugin: str
    hook: str
    at_ms: int
    text: str


class PluginHost:
    """Every plugin of the appliance.

    Attributes:
        declared: what each plugin declares that was registered, those in quarantine among them.
        remembered: what each plugin served last that was not, where something stands in for it.
    """

    def __init__(
        self,
        guard: Guard,
        now_ms: Callable[[], int],
        *,
        on_failure: Callable[[Failure], None] = lambda _failure: None,
        on_quarantine: Callable[[str, str], None] = lambda _plugin, _reason: None,
    ) -> None:
        """Begin with no plugins.

        Args:
            guard: watches the calls.
            now_ms: the clock.
            on_failure: told of every failed call; any thread.
            on_quarantine: told of a plugin taken out and why; any thread.
        """
        self._guard = guard
        self._now_ms = now_ms
        self._on_failure = on_failure
        self._on_quarantine = on_quarantine
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._found: dict[str, Found] = {}
        self._states: dict[str, tuple[State, str]] = {}
        self._callers: dict[tuple[str, str], Callable[..., Any]] = {}
        self._recent: dict[str, deque[int]] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self.declared: dict[str, Declarations] = {}
        self.remembered: dict[str, Remembered] = {}

    # --- start ---------------------------------------------------------------------------------

    def register(self, found: Sequence[Found]) -> None:
        """Register plugins and ask each for its declarations."""
        for one in found:
            key = one.name
            if key in self._found and one.problem:
                key = f"{one.name} ({one.distribution})"
            self._found[key] = one
            if one.problem:
                state: State = "failed" if "cannot be loaded" in one.problem else "left_out"
                self._states[key] = (state, one.problem)
                if state == "failed":
                    self._on_failure(Failure(key, "start", self._now_ms(), one.problem))
                continue
            try:
                self._register(one)
            except PluginError as error:
                place = place_of(error.__cause__ or error, self._roots[one.name])
                self._fail_start(one.name, f"{error} at {place}" if place else str(error))
                continue
            self._states[key] = ("active", "")
        for one in found:
            self._bind(one)
        self.check_requirements()

    def restore(self, quarantined: Mapping[str, str]) -> None:
        """Take out the plugins that were quarantined before the restart, with the reason."""
        for name, reason in quarantined.items():
            if self.active(name):
                self._states[name] = ("quarantined", reason)

    def _register(self, found: Found) -> None:
        self._roots[found.name] = roots_of(found.plugin)
        try:
            self._manager.register(found.plugin, name=found.name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(str(error).replace("\n", " ")) from None
        except ValueError as error:
            raise PluginError(f"cannot be registered: {error}") from None
        self._bind(found)
        if (found.name, "manifest") not in self._callers:
            raise PluginError("has no manifest()")
        manifest = check_manifest(found.name, self._guarded(found.name, "manifest", {}))
        self.declared[found.name] = gather(
            manifest, lambda hook: self._guarded(found.name, hook, {})
        )

    def _bind(self, found: Found) -> None:
        """Make callers that reach this plugin alone.

        A caller leaves out the plugins that are registered when it is made, so it is made anew
        once all are.
        """
        others = [p for n, p in self._manager.list_name_plugin() if n != found.name]
        for hook in _hook_names():
            whole = getattr(self._manager.hook, hook)
            if any(impl.plugin is found.plugin for impl in whole.get_hookimpls()):
                self._callers[found.name, hook] = self._manager.subset_hook_caller(hook, others)

    def _fail_start(self, name: str, reason: str) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self._callers = {key: call for key, call in self._callers.items() if key[0] != name}
        self.declared.pop(name, None)
        self._states[name] = ("failed", reason)
        self._on_failure(Failure(name, "start", self._now_ms(), reason))

    def fail(self, name: str, reason: str) -> None:
        """Take a plugin out at the start, because a declaration cannot be used."""
        self._fail_start(name, reason)

    def stand_in(self, was: Remembered) -> None:
        """Let what is remembered of a plugin stand in for it, which is not registered."""
        self.remembered[was.name] = was
        if was.name not in self._states:
            self._states[was.name] = ("missing", "it is not installed any more")

    def state(self, plugin: str) -> State:
        """Return how a plugin stands; ``missing`` where there is none of that name."""
        return self._states.get(plugin, ("missing", ""))[0]

    def distribution(self, plugin: str) -> str:
        """Return name and version of the package that a plugin came in."""
        return self._found[plugin].distribution

    def check_requirements(self) -> None:
        """Take out every plugin that needs one which does not serve."""
        changed = True
        while changed:
            changed = False
            for name, declared in list(self.declared.items()):
                missing = [n for n in declared.manifest.requires if n not in self.declared]
                if missing:
                    self._fail_start(name, f"needs the plugin {missing[0]!r}, which does not serve")
                    changed = True

    # --- calls ---------------------------------------------------------------------------------

    def serving(self, hook: str) -> list[str]:
        """Return the plugins that have a hook and are in service."""
        return [
            name
            for name in self.declared
            if (name, hook) in self._callers and self._states[name][0] == "active"
        ]

    def having(self, hook: str) -> list[str]:
        """Return the registered plugins that have a hook, those in quarantine among them."""
        return [name for name in self.declared if (name, hook) in self._callers]

    def naming_buckets(self) -> list[str]:
        """Return the plugins that name buckets of devices, whether they serve or not."""
        absent = [name for name, was in self.remembered.items() if was.names_buckets]
        return [*self.having("device_buckets"), *absent]

    def active(self, plugin: str) -> bool:
        """Tell whether a plugin is in service."""
        return self._states.get(plugin, ("failed", ""))[0] == "active"

    def call(self, plugin: str, hook: str, **arguments: Any) -> Any:
        """Call one hook of one plugin; None where it has no such hook.

        Raises:
            PluginError: it failed; the failure is recorded.
            ImportRowError: the plugin refuses a row of an import.
        """
        state, reason = self._states.get(plugin, ("failed", "unknown"))
        if state != "active":
            raise PluginError(f"the plugin {plugin} is out of service: {reason}")
        return self._guarded(plugin, hook, arguments)

    def _guarded(self, plugin: str, hook: str, arguments: dict[str, Any]) -> Any:
        caller = self._callers.get((plugin, hook))
        if caller is None:
            return None
        try:
            found = self._guard.call(caller, **arguments)
        except _EXPECTED:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and _in_main_thread():
                # Ctrl-C comes to this thread alone. Anywhere else a plugin has raised it; it is
                # a failure like any other then, or the document at hand would come back for ever.
                raise
            self._failed(plugin, hook, error)
            raise PluginError(f"{plugin}.{hook}: {_told(error)}") from error
        if isinstance(found, list) and not getattr(
            getattr(hookspecs, hook), "fieldbox_spec", {}
        ).get("firstresult"):
            return found[0] if found else None
        return found

    def refuse(self, plugin: str, hook: str, reason: str) -> PluginError:
        """Record that a plugin returned nonsense, and return the error to raise."""
        error = PluginError(f"{plugin}.{hook}: {reason}")
        self._failed(plugin, hook, error)
        return error

    def _failed(self, plugin: str, hook: str, error: BaseException) -> None:
        now = self._now_ms()
        place = place_of(error, self._roots.get(plugin, ()))
        told = f"{_told(error)} at {place}" if place else _told(error)
        self._on_failure(Failure(plugin, hook, now, told))
        recent = self._recent.setdefault(plugin, deque(maxlen=FAILURES))
        recent.append(now)
        serves = self._states.get(plugin, ("failed", ""))[0] == "active"
        if serves and len(recent) == FAILURES and now - recent[0] <= WINDOW_MS:
            reason = f"failed {FAILURES} times in ten minutes, last in {hook}: {told}"
            self._states[plugin] = ("quarantined", reason)
            self._on_quarantine(plugin, reason)

    def allow(self, plugin: str) -> bool:
        """Put a quarantined plugin back into service; return whether it was out."""
        state, _ = self._states.get(plugin, ("failed", ""))
        if state != "quarantined":
            return False
        self._recent.pop(plugin, None)
        self._states[plugin] = ("active", "")
        return True

    # --- people --------------------------------------------------------------------------------

    def status(self) -> list[PluginStatus]:
        """Return how every plugin stands, by name."""
        return [self._status(key) for key in sorted({*self._found, *self.remembered})]

    def _status(self, key: str) -> PluginStatus:
        state, reason = self._states[key]
        found, was = self._found.get(key), self.remembered.get(key)
        if found is None:
            assert was is not None
            return PluginStatus(
                key, was.version, was.title, was.distribution, "", state, reason, was
            )
        declared = self.declared.get(key)
        return PluginStatus(
            key,
            declared.manifest.version if declared else "",
            declared.manifest.title if declared else "",
            found.distribution,
            found.origin,
            state,
            reason,
            was,
        )

    def stop(self) -> None:
        """End the guard."""
        self._guard.stop()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _told(error: BaseException) -> str:
    """Return an error's type and text; neither is to be trusted, so the text is bounded."""
    try:
        text = str(error)
    except Exception:
        text = "its text cannot be had"
    clean = text[:MAX_TEXT].encode("utf-8", "replace").decode()
    return f"{type(error).__name__[:100]}: {clean}"


def _hook_names() -> list[str]:
    return [
        name
        for name, value in vars(hookspecs).items()
        if callable(value) and hasattr(value, f"{hookspecs.PROJECT}_spec")
    ]
