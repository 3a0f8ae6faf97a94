"""A pool's supply as a waterfall: from what is powered on to what is left, step by step.

Pure drawing data: every step has its number in the table beside it, so nothing is told by a bar alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.pools import ledger
from capacity.pools.models import Level, Pool
from capacity.pools.terms import shortfall
from kit.templatetags.ui import number


@dataclass(frozen=True)
class Step:
    """One row: its label, its quantity in units, and the bar from `x` over `width`, both in percent as text.

    `tone` is a tone of `components/badge.css`; `sign` is a minus for what is taken away; `is_sum` marks totals.
    """

    label: Any
    quantity: int
    x: str
    width: str
    tone: str
    sign: str = ""
    is_sum: bool = False
    note: Any = ""


def waterfall(pool: Pool, causes: Sequence[str] = ()) -> list[Step]:
    """The steps of a pool, supply first and promises after it. `causes` say which crews lack, where the gate closes."""
    return list(_steps(pool, causes))


def _steps(pool: Pool, causes: Sequence[str]) -> Iterator[Step]:
    usable = max(pool.supply, 0)
    whole = max(pool.powered_on, usable, pool.committed, 1)

    def step(label: Any, quantity: int, start: int, tone: str, **more: Any) -> Step:
        x = min(max(start, 0), whole) * 100 / whole
        width = min(quantity * 100 / whole, 100 - x)
        return Step(label, quantity, f"{x:.3f}", f"{width:.3f}", tone, **more)

    yield step(_("Powered on"), pool.powered_on, 0, "quiet", is_sum=True)
    rest = pool.powered_on
    raised = _("Raised from %(stated)s, because a crew lacks.") % {"stated": number(pool.failure_reserve)}
    for label, quantity, tone, note in (
        (_("Out of service"), pool.out_of_service, "warn", ""),
        (_("Growth of existing customers"), pool.organic_growth, "watch", ""),
        (
            _("Failure reserve"),
            pool.reserved_for_failures,
            "watch",
            raised if pool.reserved_for_failures != pool.failure_reserve else "",
        ),
    ):
        rest -= quantity
        yield step(label, quantity, rest, tone, sign="\N{MINUS SIGN}", note=note)
    if pool.lever_release:
        note = gettext("Measured; it leaves when the lever is lifted.")
        yield step(_("Released by levers"), pool.lever_release, rest, "good", sign="+", note=note)
    short_of_nothing = _("The terms exceed what is powered on.") if pool.supply < 0 else ""
    yield step(_("Supply"), usable, 0, "info", is_sum=True, note=short_of_nothing)
    yield step(_("Reserve for tier 1"), usable - pool.supply_critical, pool.supply_critical, "tier-1")
    behind_gate = pool.supply_critical - pool.supply_open
    if behind_gate:
        note = " ".join(
            [gettext("A crew is below its minimum, now or by its roster; only tiers 1 and 2 may use this."), *causes]
        )
        yield step(_("Behind the staffing gate"), behind_gate, pool.supply_open, "bad", note=note)
    yield step(_("Open to everybody"), pool.supply_open, 0, "good")
    yield from _promises(pool, step)


def _promises(pool: Pool, step: Any) -> Iterator[Step]:
    general, critical, reserve = pool.committed_general, pool.committed_critical, pool.committed_reserve
    held = _("of it held for a second signature: %(held)s") % {"held": number(pool.held)} if pool.held else ""
    yield step(_("Promised"), pool.committed, 0, "action", is_sum=True, note=held)
    yield step(_("to tiers 3 to 5"), general, 0, "tier-4")
    yield step(_("to tier 2"), critical, general, "tier-2")
    yield step(_("to tier 1"), reserve, general + critical, "tier-1")
    short = shortfall(pool)
    if short:
        yield step(_("Deficit"), short, pool.committed - short, "bad", is_sum=True, note=_("Nothing is revoked."))
    # Promises to tier 1 beyond its reserve take from the others, until nothing is kept for tier 1 any more.
    is_alike = 0 < ledger.left(pool, Level.GENERAL) == ledger.left(pool, Level.RESERVE)
    alike = gettext("The same for every tier: the whole pool is the limit.") if is_alike else ""
    for level, label in (
        (Level.RESERVE, _("Left for tier 1")),
        (Level.CRITICAL, _("Left for tier 2")),
        (Level.GENERAL, _("Left for tiers 3 to 5")),
    ):
        note = alike if level == Level.GENERAL else ""
        yield step(label, ledger.left(pool, level), pool.committed, "good", is_sum=level == Level.RESERVE, note=note)
