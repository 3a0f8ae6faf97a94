"""What stands between a request and capacity: figures in; what can be granted, why not more, and what would help out.

Pure: no database, no clock, integers only. The same values give the same answer, so a decision that pins them can be
replayed years later, and whatever is offered as a way out has been run through the same check before it is shown.

Four blocks are looked at in turn, access, offer, quota and capacity, and then two rules: no dated promise into a region
whose crew is below minimum, and nobody around the order in a scarce region.

The lines of a request land together and scale together. So the most that can be granted is one fraction of every line,
rounded down, and the smallest useful grant is the smallest fraction that reaches every line's minimum, rounded up.
"""

from capacity.intake.diagnosis.checking import assess, findings
from capacity.intake.diagnosis.order import displaced, served_in_order
from capacity.intake.diagnosis.pinning import ahead_from, as_dict, ask_from, place_from
from capacity.intake.diagnosis.signatures import signature_reasons
from capacity.intake.diagnosis.values import (
    Ahead,
    Allowance,
    Ask,
    Assessment,
    Block,
    CampaignRoom,
    Finding,
    Fit,
    Line,
    Place,
    Restriction,
    Supply,
    WayOut,
)
from capacity.intake.diagnosis.ways_out import supply_needed, ways_out

__all__ = [
    "Ahead",
    "Allowance",
    "Ask",
    "Assessment",
    "Block",
    "CampaignRoom",
    "Finding",
    "Fit",
    "Line",
    "Place",
    "Restriction",
    "Supply",
    "WayOut",
    "ahead_from",
    "as_dict",
    "ask_from",
    "assess",
    "displaced",
    "findings",
    "place_from",
    "served_in_order",
    "signature_reasons",
    "supply_needed",
    "ways_out",
]
