"""What a person is to an order: its author, the leader of his team or branch, the customer.

A role alone is not enough where an order is decided: a supervisor decides the orders of those he
leads, directly or through others, a manager those made in his unit and the units below it, and a
customer his own. The store is asked only where the way depends on it.
"""

from __future__ import annotations

from functools import cached_property

from appliance.api import Context, Mutation, Row
from appliance_preselling import leaders, portal
from appliance_preselling.states import AUTHOR, SERVER, Transition


class Standing:
    """One person before one order.

    Attributes:
        user_id: who it is.
        roles: his, on the device that sent the mutation.
    """

    def __init__(self, mutation: Mutation, order: Row, context: Context) -> None:
        """Take who sent something, and the order as it stands, or as it was sent where it is new.

        Args:
            mutation: what was sent.
            order: what it is about.
            context: of the call.
        """
        self.user_id = mutation.user_id
        self.roles = mutation.roles
        self._org_id = mutation.org_id
        self._order = order
        self._context = context

    @property
    def is_author(self) -> bool:
        """Whether the order is his."""
        author: str = self._order["user_id"]
        return author == self.user_id

    @property
    def is_customer(self) -> bool:
        """Whether he is a customer and nobody of the house."""
        return portal.is_customer(self.roles)

    @cached_property
    def leads(self) -> bool:
        """Whether the order is of his team."""
        return leaders.leads(self.user_id, self._order, self._context)

    @cached_property
    def runs(self) -> bool:
        """Whether the order is of his unit or one below it; without a unit, every order is."""
        return self._org_id is None or leaders.runs(self._org_id, self._order, self._context)

    @cached_property
    def may_order_here(self) -> bool:
        """Whether the order's outlet is open to him as its customer."""
        return portal.is_open(self.user_id, self._order["outlet_id"], self._context)

    def hindrance(self, way: Transition) -> str | None:
        """Return why he may not go a way: a variant of ``state_transition``; None where he may."""
        if AUTHOR in way.actors and self.is_author:
            return None
        mine = [role for role in way.actors if role in self.roles and role not in (AUTHOR, SERVER)]
        if not mine:
            return "actor"
        hindrances = [self._scope(role, new=way.source is None) for role in mine]
        return None if None in hindrances else hindrances[0]

    def _scope(self, role: str, *, new: bool) -> str | None:
        if new:
            return None  # everybody makes orders of his own
        if role == "supervisor" and not self.leads:
            return "team"
        if role == "manager" and not self.runs:
            return "branch"
        if role == "client" and not self.may_order_here:
            return "portal"
        return None
