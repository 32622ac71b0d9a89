"""What the documents of the trade say, as typed data.

A plugin fills one in and returns it from `render_document`; the appliance makes the document of it
by the template that has the data's tag for its name, which a technician may have replaced. Names
are given in the data's language: `appliance.api.texts.in_language` resolves them.
"""

from appliance.api.document_data.base import (
    Day,
    DocumentData,
    Fiscal,
    Issuer,
    Party,
    Signer,
    TaxId,
)
from appliance.api.document_data.cash_receipt import Basis, CashReceipt
from appliance.api.document_data.day_report import (
    CashLine,
    CountLine,
    DocumentCount,
    NumberRange,
    StockLine,
    SumBy,
    VoidedDocument,
    XReport,
    ZReport,
)
from appliance.api.document_data.delivery_note import DeliveryNote, Operator
from appliance.api.document_data.handover_act import EquipmentItem, HandoverAct
from appliance.api.document_data.load_sheet import LoadLine, LoadSheet
from appliance.api.document_data.order import OrderCopy, Quotation
from appliance.api.document_data.return_note import ReturnLine, ReturnNote
from appliance.api.document_data.sale_lines import Packaging, SaleLine, Sums, TaxTotal

__all__ = [
    "Basis",
    "CashLine",
    "CashReceipt",
    "CountLine",
    "Day",
    "DeliveryNote",
    "DocumentCount",
    "DocumentData",
    "EquipmentItem",
    "Fiscal",
    "HandoverAct",
    "Issuer",
    "LoadLine",
    "LoadSheet",
    "NumberRange",
    "Operator",
    "OrderCopy",
    "Packaging",
    "Party",
    "Quotation",
    "ReturnLine",
    "ReturnNote",
    "SaleLine",
    "Signer",
    "StockLine",
    "SumBy",
    "Sums",
    "TaxId",
    "TaxTotal",
    "VoidedDocument",
    "XReport",
    "ZReport",
]
