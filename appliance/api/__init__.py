"""The public plugin API of Fieldbox.

Everything a plugin may use is here and in `appliance.testing`. The hooks are in
`appliance.api.hookspecs`; the other modules hold the plain data that crosses them.
"""

from appliance.api.collections import Collection
from appliance.api.commands import Command, CommandOption, CommandResult
from appliance.api.context import Context, Past, Reader
from appliance.api.documents import Document, DocumentKind
from appliance.api.endpoints import Endpoint, EndpointRequest, EndpointResponse
from appliance.api.errors import ImportRowError, PluginError, QueryError, RecordError
from appliance.api.fields import Field
from appliance.api.hookspecs import hookimpl
from appliance.api.identity import Device, Login, User
from appliance.api.importing import (
    ExternalName,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportNote,
    ImportRecord,
    ImportValues,
)
from appliance.api.manifest import API_VERSION, Manifest
from appliance.api.mutations import (
    Change,
    Effect,
    Issue,
    Mutation,
    Resolution,
    Row,
    Write,
)
from appliance.api.permissions import Permission
from appliance.api.reports import Exporter, Report, ReportColumn, ReportParameter
from appliance.api.schedule import ScheduledJob
from appliance.api.settings import Setting
from appliance.api.texts import Text, Texts, languages_of, text_in
from appliance.api.values import (
    BasisPoints,
    Money,
    Price,
    Quantity,
    RecordId,
    Timestamp,
    rdiv,
    uuid7,
)

__all__ = [
    "API_VERSION",
    "BasisPoints",
    "Change",
    "Collection",
    "Command",
    "CommandOption",
    "CommandResult",
    "Context",
    "Device",
    "Document",
    "DocumentKind",
    "Effect",
    "Endpoint",
    "EndpointRequest",
    "EndpointResponse",
    "Exporter",
    "ExternalName",
    "ExternalRef",
    "Field",
    "ImportColumn",
    "ImportNote",
    "ImportRecord",
    "ImportRowError",
    "ImportValues",
    "Importer",
    "Issue",
    "Login",
    "Manifest",
    "Money",
    "Mutation",
    "Past",
    "Permission",
    "PluginError",
    "Price",
    "Quantity",
    "QueryError",
    "Reader",
    "RecordError",
    "RecordId",
    "Report",
    "ReportColumn",
    "ReportParameter",
    "Resolution",
    "Row",
    "ScheduledJob",
    "Setting",
    "Text",
    "Texts",
    "Timestamp",
    "User",
    "Write",
    "hookimpl",
    "languages_of",
    "rdiv",
    "text_in",
    "uuid7",
]
