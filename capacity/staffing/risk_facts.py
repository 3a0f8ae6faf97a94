"""From what series say to judged rows: which places our regions follow, and the risk of each of their days."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date

from capacity.regions.models import Region
from capacity.staffing.actions.import_risk import RiskFacts
from capacity.staffing.risk import Measures, Units, risk_of_measures, risk_of_units
from capacity.staffing.risk_models import RiskCause
from capacity.staffing.series import Place, followed_place, own_places


def place_of(region: Region) -> Place:
    """Where a region lies; the subdivision is known of our own list's regions."""
    return own_places().get(region.code, Place(region.country))


def followed_places(regions: Iterable[Region], known: Iterable[tuple[str, date]]) -> set[str]:
    """The places whose series some region follows, and their countries, which the states are compared with."""
    places = {place for place, _day in known}
    own = own_places()
    found = set()
    for region in regions:
        place = own.get(region.code, Place(region.country))
        found |= {followed_place(place, places), place.country}
    return found & places


def facts_of_measures(measures: Mapping[tuple[str, date], Measures], places: set[str]) -> list[RiskFacts]:
    """The judged days of these places. It holds in part where a measure that is in force is flagged so."""
    return [
        RiskFacts(
            place=place,
            date=day,
            risk=risk_of_measures(one).value,
            cause=RiskCause.MEASURES.value,
            is_partial=bool(
                (one.workplace and one.is_workplace_partial) or (one.stay_home and one.is_stay_home_partial)
            ),
            adds_up=True,
            figures={"c2": one.workplace, "c6": one.stay_home},
        )
        for (place, day), one in measures.items()
        if place in places
    ]


def facts_of_units(units: Mapping[tuple[str, date], Units]) -> list[RiskFacts]:
    """The judged days of every Land, those that do not add up among them."""
    return [
        RiskFacts(
            place=place,
            date=day,
            risk=risk_of_units(one).value,
            cause=RiskCause.STAFF.value,
            is_partial=False,
            adds_up=one.adds_up,
            figures=asdict(one),
        )
        for (place, day), one in units.items()
    ]
