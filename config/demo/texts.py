"""What is said in the demonstration: notices in both languages, levers, reasons of overrides. All invented."""

from dataclasses import dataclass, field


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
class StepText:
    """One graduated step of a lever: what it promises by resource, in units, and what of it arrived, in permille."""

    name: str
    state: str
    limit: int | None = None
    harm: int = 0
    promises: dict[str, int] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LeverText:
    """A restriction of offers or of a feature, and how far it got: `taken` steps are signed and measured."""

    hours_ago: float
    kind: str
    region: str
    reach: str
    lift_condition: str
    lift: dict[str, object]
    steps: tuple[StepText, ...]
    offers: tuple[str, ...] = ()
    feature: str = ""
    taken: int = 1
    ends_in_days: int | None = None
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
        "West Europe weiter sehr knapp, UK South knapp",
        "In West Europe ist neue Kapazität weiter sehr knapp, in UK South knapp. Anfragen der Stufe 1 werden"
        " binnen vier Stunden entschieden. Kostenlose Angebote sind in West Europe vorerst ausgesetzt.",
        "West Europe still very short, UK South short",
        "New capacity is still very short in West Europe and short in UK South. Tier 1 requests are decided within four"
        " hours. Free offers are paused in West Europe for now.",
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
        "New trials and student offers in Brazil South",
        "A delivery is powered on",
        {"lift_kind": "condition", "lift_days": 2},
        (StepText("Trials and student offers up to 32 units", "limited", 32, 40, {"vcpu": 900}, {"vcpu": 820}),),
        ("trial", "student"),
        is_restored=True,
    ),
    LeverText(
        46,
        "free_offers",
        "westeurope",
        "All free offers in West Europe; what runs goes on",
        "The region has been in normal condition for three days",
        {"lift_kind": "condition", "lift_days": 3},
        (
            StepText(
                "Free offers up to 64 units",
                "limited",
                64,
                60,
                {"vcpu": 4_000, "memory": 18_000},
                {"vcpu": 910, "memory": 640},
            ),
            StepText("No new free offers", "paused", None, 180, {"vcpu": 6_000, "memory": 30_000}, {"vcpu": 735}),
        ),
        FREE,
        taken=2,
        ends_in_days=16,
    ),
    LeverText(
        70,
        "free_offers",
        "germanywestcentral",
        "Free offers in Germany West Central, 64 units a request",
        "There is enough headroom for two days",
        {"lift_kind": "headroom", "lift_resource": "storage", "lift_permille": 50, "lift_days": 2},
        (
            StepText("Free offers up to 64 units", "limited", 64, 60, {"storage": 120}, {"storage": 550}),
            StepText("Free offers up to 16 units", "limited", 16, 110, {"storage": 90}),
            StepText("No new free offers", "paused", None, 180, {"storage": 150, "vcpu": 2_000}),
        ),
        FREE,
    ),
    LeverText(
        36,
        "feature_profile",
        "westeurope",
        "Video in meetings in West Europe; audio, chat and sharing stay as they are",
        "The region has been in normal condition for a day",
        {"lift_kind": "condition", "lift_days": 1},
        (
            StepText("Video at 720p at most", "limited", None, 120, {"vcpu": 2_500, "gpu": 12}, {"vcpu": 1_080}),
            StepText("Video at 720p and two streams at most", "limited", None, 260, {"vcpu": 2_000}),
        ),
        feature="video_720p",
    ),
    LeverText(
        30,
        "feature_profile",
        "",
        "Everybody's presence is updated once a minute",
        "Nobody needs it any more",
        {"lift_kind": "condition", "lift_days": 2},
        (StepText("Presence once a minute", "limited", None, 20),),
        feature="presence_interval",
    ),
    LeverText(
        20,
        "trial_bounds",
        "francecentral",
        "Trials and credits in France Central",
        "On the day the delivery is planned",
        {"lift_kind": "date"},
        (StepText("Trials and credits up to 16 units", "limited", 16, 30, {"vcpu": 400}),),
        ("trial", "credits"),
        ends_in_days=12,
    ),
    LeverText(
        2,
        "new_subscriptions",
        "uksouth",
        "New pay-as-you-go customers in UK South",
        "The region is no longer constrained",
        {"lift_kind": "condition", "lift_days": 2},
        (StepText("New customers up to 200 units", "limited", 200, 150, {"vcpu": 1_500}),),
        ("pay_as_you_go",),
        taken=0,
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
