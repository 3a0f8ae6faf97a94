"""One description of a chart, for every renderer.

A chart always comes with a headline that says what is seen and with its table; pages draw it
with ECharts (`static/js/charts.js`), other renderers may follow. No gauges, no second axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy


class Kind(StrEnum):
    """The forms a chart can have."""

    LINE = "line"
    BAR = "bar"
    STACKED_BAR = "stacked_bar"
    # Rows of equal cells over time: one row a series, one cell a label.
    HEAT_STRIP = "heat_strip"
    # One series; `Tile` places each value on a grid, by geography for example.
    TILE_GRID = "tile_grid"


class Certainty(StrEnum):
    """How sure a value is; each has one drawing, everywhere the same."""

    MEASURED = "measured"  # solid
    FORECAST = "forecast"  # line with a band
    ASSUMED = "assumed"  # hatched
    SIMULATED = "simulated"  # dashed outline


CERTAINTY_WORDS = {
    Certainty.MEASURED: pgettext_lazy("certainty", "measured"),
    Certainty.FORECAST: pgettext_lazy("certainty", "forecast"),
    Certainty.ASSUMED: pgettext_lazy("certainty", "assumed"),
    Certainty.SIMULATED: pgettext_lazy("certainty", "simulated"),
}

Value = int | float | None


@dataclass(frozen=True)
class Series:
    """One row of values, in the order of the chart's labels; None is a gap, never a zero.

    `tone` names a color token (`tier-1`, `good`, `quiet` ...). `low` and `high` bound a forecast;
    `tones` gives each cell of a heat strip a tone of its own instead of shades of one.
    """

    name: Any
    values: tuple[Value, ...]
    tone: str = "action"
    certainty: Certainty = Certainty.MEASURED
    low: tuple[Value, ...] = ()
    high: tuple[Value, ...] = ()
    tones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A value worth a line across the chart: a target, a bound."""

    label: Any
    value: float


@dataclass(frozen=True)
class Tile:
    """Where a label stands in a tile grid, how it is marked and where it leads."""

    column: int
    row: int
    tone: str = "quiet"
    note: Any = ""
    href: str = ""


@dataclass(frozen=True)
class Table:
    """What the chart shows, as numbers: `head` names the columns, `rows` begin with the label."""

    head: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Chart:
    """What is drawn. `labels` are the categories or moments, `unit` the unit of every value.

    `limit` fixes the top of the axis (100 for shares); `rows_url` leads to the rows behind the
    figures, `definition_url` to what they mean. `is_small` draws without axes, as one of many.
    """

    key: str
    kind: Kind
    headline: Any
    unit: Any
    labels: tuple[Any, ...]
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    tiles: tuple[Tile, ...] = ()
    label_title: Any = ""
    rows_url: str = ""
    definition_url: str = ""
    limit: float | None = None
    is_small: bool = False

    def __post_init__(self) -> None:
        for series in self.series:
            rows: list[Sequence[Any]] = [series.values, *filter(None, (series.low, series.high, series.tones))]
            for values in rows:
                if len(values) != len(self.labels):
                    raise ValueError(f"{self.key}: {len(values)} values for {len(self.labels)} labels")
        if self.kind is Kind.TILE_GRID and (len(self.series) != 1 or len(self.tiles) != len(self.labels)):
            raise ValueError(f"{self.key}: a tile grid has one series and one tile a label")

    @property
    def is_empty(self) -> bool:
        """Whether there is no value to draw."""
        return all(value is None for series in self.series for value in series.values)

    @property
    def has_legend(self) -> bool:
        """Whether the series must be told apart; strips and tiles name theirs in the drawing."""
        return len(self.series) > 1 and not self.is_small and self.kind not in (Kind.HEAT_STRIP, Kind.TILE_GRID)

    @property
    def table(self) -> Table:
        """The same values as a table, bounds of forecasts included."""
        head: list[Any] = [self.label_title]
        columns: list[Sequence[Any]] = [self.labels]
        for series in self.series:
            certain = series.certainty is Certainty.MEASURED
            head.append(series.name if certain else f"{series.name} ({CERTAINTY_WORDS[series.certainty]})")
            columns.append(series.values)
            if series.low and series.high:
                head += [
                    _("%(name)s, low") % {"name": series.name},
                    _("%(name)s, high") % {"name": series.name},
                ]
                columns += [series.low, series.high]
        if self.kind is Kind.TILE_GRID:
            head.append(_("Note"))
            columns.append([tile.note for tile in self.tiles])
        return Table(tuple(head), tuple(zip(*columns, strict=True)))

    def as_data(self) -> dict[str, Any]:
        """The description as JSON for the browser; words already in the active language."""
        return {
            "kind": self.kind.value,
            "unit": str(self.unit),
            "labels": [str(label) for label in self.labels],
            "limit": self.limit,
            "small": self.is_small,
            "series": [
                {
                    "name": str(series.name),
                    "values": list(series.values),
                    "tone": series.tone,
                    "certainty": series.certainty.value,
                    "low": list(series.low),
                    "high": list(series.high),
                    "tones": list(series.tones),
                }
                for series in self.series
            ],
            "marks": [{"label": str(mark.label), "value": mark.value} for mark in self.marks],
            "tiles": [
                {"x": t.column, "y": t.row, "tone": t.tone, "note": str(t.note), "href": t.href} for t in self.tiles
            ],
        }
