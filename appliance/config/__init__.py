"""The configuration: TOML text in, typed settings out, every mistake told with file and line."""

from appliance.config.address import Address
from appliance.config.declared import DeclaredCollection, DeclaredField, Printer, Role
from appliance.config.errors import ConfigError, ConfigProblem, Place
from appliance.config.files import find_config, read_files
from appliance.config.forms import bucket_fields
from appliance.config.json_schema import schema
from appliance.config.load import load, load_texts
from appliance.config.plugin_section import PluginSection, read_plugin_sections
from appliance.config.secret import Secret
from appliance.config.settings import (
    Blobs,
    Enrollment,
    Http,
    Log,
    Mdns,
    Plugins,
    Settings,
    Sync,
    Tls,
)

__all__ = [
    "Address",
    "Blobs",
    "ConfigError",
    "ConfigProblem",
    "DeclaredCollection",
    "DeclaredField",
    "Enrollment",
    "Http",
    "Log",
    "Mdns",
    "Place",
    "PluginSection",
    "Plugins",
    "Printer",
    "Role",
    "Secret",
    "Settings",
    "Sync",
    "Tls",
    "bucket_fields",
    "find_config",
    "load",
    "load_texts",
    "read_files",
    "read_plugin_sections",
    "schema",
]
