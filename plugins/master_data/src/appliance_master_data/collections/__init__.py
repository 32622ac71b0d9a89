"""The collections of master data: one file for each family of them."""

from __future__ import annotations

from appliance.api import Collection
from appliance_master_data.collections.accounts import (
    PAYMENT_SUMMARIES,
    RECEIVABLES,
    SALES_HISTORY,
    SETTLEMENTS,
)
from appliance_master_data.collections.agreements import CONTRACTS, LICENCES
from appliance_master_data.collections.assortments import ASSORTMENTS
from appliance_master_data.collections.attachments import ATTACHMENTS
from appliance_master_data.collections.contacts import CONTACTS
from appliance_master_data.collections.customers import OUTLETS, PARTIES
from appliance_master_data.collections.devices import DEVICE_ASSIGNMENTS, NUMBER_RANGES
from appliance_master_data.collections.diary import GPS_POINTS, NOTES
from appliance_master_data.collections.discounts import (
    BONUS_ACCOUNTS,
    CUSTOMER_DISCOUNTS,
    PROMOTION_USES,
    PROMOTIONS,
)
from appliance_master_data.collections.limits import CUSTOMER_LIMITS, LIMIT_USES
from appliance_master_data.collections.messages import (
    ANNOUNCEMENTS,
    DOC_STATES,
    FAQ,
    NOTIFICATIONS,
)
from appliance_master_data.collections.organisation import ORG_UNITS, USERS
from appliance_master_data.collections.prices import PRICE_LISTS, PRICES
from appliance_master_data.collections.product_lines import PRODUCT_LINES
from appliance_master_data.collections.products import PRODUCT_FLOORS, PRODUCT_GROUPS, PRODUCTS
from appliance_master_data.collections.proposals import OUTLET_CHANGES
from appliance_master_data.collections.routes import ROUTE_OUTLETS, ROUTES
from appliance_master_data.collections.scenarios import REASON_CODES, VISIT_SCENARIOS
from appliance_master_data.collections.targets import TARGETS
from appliance_master_data.collections.taxes import TAX_RATES, TAX_RULES
from appliance_master_data.collections.units import PRODUCT_UOMS
from appliance_master_data.collections.visits import VISITS
from appliance_master_data.collections.warehouses import STOCK_BALANCES, WAREHOUSES

COLLECTIONS: tuple[Collection, ...] = (
    ORG_UNITS,
    USERS,
    PRODUCT_GROUPS,
    PRODUCTS,
    PRODUCT_FLOORS,
    PRODUCT_UOMS,
    PRODUCT_LINES,
    PRICE_LISTS,
    PRICES,
    PARTIES,
    OUTLETS,
    CONTACTS,
    CONTRACTS,
    LICENCES,
    CUSTOMER_DISCOUNTS,
    CUSTOMER_LIMITS,
    LIMIT_USES,
    PROMOTIONS,
    PROMOTION_USES,
    BONUS_ACCOUNTS,
    TAX_RATES,
    TAX_RULES,
    RECEIVABLES,
    SETTLEMENTS,
    PAYMENT_SUMMARIES,
    SALES_HISTORY,
    WAREHOUSES,
    STOCK_BALANCES,
    ROUTES,
    ROUTE_OUTLETS,
    DEVICE_ASSIGNMENTS,
    NUMBER_RANGES,
    ASSORTMENTS,
    VISIT_SCENARIOS,
    REASON_CODES,
    TARGETS,
    VISITS,
    NOTES,
    GPS_POINTS,
    ANNOUNCEMENTS,
    FAQ,
    NOTIFICATIONS,
    DOC_STATES,
    OUTLET_CHANGES,
    ATTACHMENTS,
)
"""Every collection, in the order of the README."""
