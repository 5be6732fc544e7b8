"""Every rule of every language, once."""

from __future__ import annotations

from gristmill.corpus.injection import phrases_de, phrases_en, phrases_fr, phrases_markup
from gristmill.corpus.injection.rules import Rule

RULES: tuple[Rule, ...] = (*phrases_en.RULES, *phrases_de.RULES, *phrases_fr.RULES, *phrases_markup.RULES)
VISIBLE_RULES: tuple[Rule, ...] = tuple(rule for rule in RULES if not rule.hidden_only)
