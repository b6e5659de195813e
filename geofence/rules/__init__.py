"""Rules about zones that operators write: their schema, their versions, and what they raise.

`model` is the schema, `document` the text with its errors, `book` the checked whole, `compile` the
book made ready for one zone set and fleet, `evaluate` the one call that turns transitions into
alerts, `versions` what was published when.  Knows nothing of incidents.
"""

from geofence.rules.book import RuleBook
from geofence.rules.document import Document, RuleProblem, RulesError
from geofence.rules.model import Severity, When, ZoneRule, ZoneRules

__all__ = [
    "Document",
    "RuleBook",
    "RuleProblem",
    "RulesError",
    "Severity",
    "When",
    "ZoneRule",
    "ZoneRules",
]
