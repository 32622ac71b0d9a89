"""The sentences and words of the plugin in all their languages: see `appliance.api.texts`."""

from __future__ import annotations

from appliance.api import Texts
from appliance_preselling.words import ENGLISH

TEXTS = Texts.load("appliance_preselling", "preselling", ENGLISH)
