"""The list of a pool's ledger entries."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.pools.filters import LedgerFilters
from capacity.pools.models import LedgerEntry, LedgerKind, Level
from kit.lists import Column, ListSpec
from kit.templatetags.ui import number, state_badge

LEVEL_WORDS = {Level.GENERAL: _("Tiers 3 to 5"), Level.CRITICAL: _("Tier 2"), Level.RESERVE: _("Tier 1")}


def _signed(entry: LedgerEntry) -> int:
    return -entry.quantity if entry.kind in (LedgerKind.RELEASE_HOLD, LedgerKind.RELEASE_GRANT) else entry.quantity


LEDGER = ListSpec(
    name="ledger",
    title=_("Ledger entries"),
    columns=(
        Column("at", _("Posted"), lambda entry: entry.at, sort=("at", "pk")),
        Column(
            "kind",
            _("Entry"),
            lambda entry: state_badge(entry.kind, entry.get_kind_display()),
            export=lambda entry: entry.get_kind_display(),
        ),
        Column("level", _("For"), lambda entry: LEVEL_WORDS[Level(entry.level)]),
        Column(
            "quantity",
            _("Units"),
            lambda entry: number(_signed(entry), sign=True),
            numeric=True,
            export=_signed,
        ),
        Column("subject", _("Subject"), lambda entry: entry.subject),
        Column("by", _("By"), lambda entry: entry.by.name if entry.by else gettext("Vorrang itself")),
    ),
    filterset=LedgerFilters,
    sort="-at",
    empty_title=_("Nothing is promised from this pool"),
    empty_text=_("An entry appears with every hold, grant and release."),
    search_help=_("Exact subject"),
)
