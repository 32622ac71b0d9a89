"""The labels of documents in all their languages: see `appliance.api.texts`."""

from __future__ import annotations

from appliance.api.texts import Texts
from appliance.printing.label_words import ENGLISH

LABELS = Texts.load("appliance.printing", "documents", ENGLISH)
"""Every label; its languages are those that documents are printed in."""
