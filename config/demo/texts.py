"""What is said in the demonstration: notices in both languages, levers, reasons of overrides. All invented."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NoticeText:
    """A notice and how many hours ago it was drafted."""

    hours_ago: float
    title_de: str
    body_de: str
    title_en: str
    body_en: str
    regions: tuple[str, ...] = ()
    is_published: bool = True
    supersedes_the_last: bool = False


@dataclass(frozen=True)
class LeverText:
    """A restriction of offers, and how far it got."""

    hours_ago: float
    kind: str
    region: str
    offers: tuple[str, ...]
    step: str
    limit: int | None
    reach: str
    lift_condition: str
    is_signed: bool = True
    is_restored: bool = False


NOTICES = (
    NoticeText(
        300,
        "Wer bei knapper Kapazität zuerst bedient wird",
        "Wenn neue Kapazität knapp wird, bedienen wir zuerst Notruf, Gesundheitswesen, Katastrophenschutz und die"
        " Kernfunktionen der Fernarbeit. Bestehende Dienste laufen unverändert weiter.",
        "Who comes first when capacity is short",
        "When new capacity is short, we first serve emergency calls, health care, civil protection and the core"
        " functions of remote work. Existing services go on unchanged.",
    ),
    NoticeText(
        49,
        "West Europe: neue Kapazität ist sehr knapp",
        "In West Europe ist neue Kapazität sehr knapp. Anfragen werden nach den veröffentlichten Kriterien entschieden."
        " Andere Regionen haben Platz; Ihr Kundenbetreuer nennt sie Ihnen.",
        "West Europe: new capacity is very short",
        "New capacity in West Europe is very short. Requests are decided by the published criteria. Other regions have"
        " room; your account manager tells you which.",
        ("westeurope",),
    ),
    NoticeText(
        28,
        "West Europe und UK South: neue Kapazität ist knapp",
        "In West Europe und UK South ist neue Kapazität knapp. Anfragen der Stufe 1 werden binnen vier Stunden"
        " entschieden. Kostenlose Angebote sind in West Europe vorerst ausgesetzt.",
        "West Europe and UK South: new capacity is short",
        "New capacity in West Europe and UK South is short. Tier 1 requests are decided within four hours. Free offers"
        " are paused in West Europe for now.",
        ("westeurope", "uksouth"),
        supersedes_the_last=True,
    ),
    NoticeText(
        18,
        "Italy North erholt sich",
        "In Italy North ist eine Lieferung in Betrieb. Wir arbeiten die wartenden Anfragen in ihrer Reihenfolge ab.",
        "Italy North is recovering",
        "A delivery has been powered on in Italy North. We work through the waiting requests in their order.",
        ("italynorth",),
    ),
    NoticeText(
        1.5,
        "Videoqualität am Wochenende",
        "Am Wochenende kann die Videoqualität in Besprechungen niedriger sein.",
        "",
        "",
        is_published=False,
    ),
)

FREE = ("free", "trial", "student", "credits")
LEVERS = (
    LeverText(
        480,
        "free_offers",
        "brazilsouth",
        ("trial", "student"),
        "limited",
        32,
        "New trials and student offers in Brazil South",
        "A delivery is powered on",
        is_restored=True,
    ),
    LeverText(
        46,
        "free_offers",
        "westeurope",
        FREE,
        "paused",
        None,
        "All free offers in West Europe; what runs goes on",
        "The region has been in watch condition for three days",
    ),
    LeverText(
        40,
        "free_offers",
        "germanywestcentral",
        FREE,
        "limited",
        64,
        "Free offers in Germany West Central, 64 units a line",
        "Less than eighty percent of every pool is promised",
    ),
    LeverText(
        2,
        "new_subscriptions",
        "uksouth",
        ("pay_as_you_go",),
        "limited",
        200,
        "New pay-as-you-go customers in UK South",
        "The region is no longer constrained",
        is_signed=False,
    ),
)

# kind, tier, reason code, reason
OVERRIDES: tuple[tuple[str, int | None, str, str], ...] = (
    ("retier", 1, "life_safety", "The hotline for dialysis patients of the whole district runs on it."),
    ("pin", None, "authority_order", "The crisis staff of the state asked for it in writing."),
    ("hold", None, "abuse", "The quantity does not fit the organization; the account manager is asking."),
    ("retier", 2, "correction", "The organization runs the water works; its claim is being corrected."),
)

# kind, limit in parts of a thousand, reason code, reason
USE_OVERRIDES: tuple[tuple[str, int | None, str, str], ...] = (
    ("hold", None, "abuse", "The same servers were asked for three times; the account manager clears it up."),
    ("cap", 400, "abuse", "Until the count of its seats is known, it gets at most what the last quarter used."),
)

# verdict, lesson
POST_REVIEW: tuple[tuple[str, str], ...] = (
    ("right", "The authority's letter came a day later; ask for it in the first call."),
    ("too_wide", "One day would have done; propose the shortest window that helps."),
)
