"""Expected against measured, drawn: one picture per pool, one pair of bars per step."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from capacity.levers.queries import StepView
from capacity.pools.models import Pool
from kit.charts import Certainty, Chart, Kind, Series


def release_pictures(steps: Sequence[StepView]) -> list[Chart]:
    """A chart for each pool that any step promises to relieve, or was measured in."""
    pools: dict[int, Pool] = {}
    for view in steps:
        for release in view.releases:
            pools.setdefault(release.pool.pk, release.pool)
    return [_picture(pool, steps) for pool in pools.values()]


def _picture(pool: Pool, steps: Sequence[StepView]) -> Chart:
    promised: list[int | None] = []
    measured: list[int | None] = []
    for view in steps:
        here = next((one for one in view.releases if one.pool.pk == pool.pk), None)
        promised.append(here.promised if here else None)
        # A step that nobody measured is a gap and no zero.
        measured.append(here.measured.released if here and here.measured else None)
    names = {"resource": pool.resource.name, "region": pool.region.name}
    return Chart(
        key=f"release-{pool.region.code}-{pool.resource.code}",
        kind=Kind.BAR,
        headline=_("%(resource)s in %(region)s: expected and measured release by step") % names,
        unit=pool.resource.unit,
        label_title=_("Step"),
        labels=tuple(f"{view.step.position}. {view.step.name}" for view in steps),
        series=(
            Series(_("Expected"), tuple(promised), tone="quiet", certainty=Certainty.ASSUMED),
            Series(_("Measured"), tuple(measured), tone="good"),
        ),
    )
