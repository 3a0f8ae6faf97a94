"""A chart is its description: complete as a table, the same for every renderer."""

import pytest
from django.template import Context, Template
from django.utils import translation

from kit.charts import Certainty, Chart, Kind, Series, Tile


def chart(**changes) -> Chart:
    values = {
        "key": "demand",
        "kind": Kind.LINE,
        "headline": "Demand grows.",
        "unit": "vCPU",
        "labels": ("Mon", "Tue"),
        "label_title": "Day",
        "series": (
            Series("Measured", (1200, None)),
            Series("Ahead", (None, 1500.5), certainty=Certainty.FORECAST, low=(None, 1400), high=(None, 1600)),
        ),
    }
    return Chart(**{**values, **changes})


def test_the_table_holds_every_value_and_the_bounds():
    with translation.override("en"):
        table = chart().table
    assert table.head == ("Day", "Measured", "Ahead (forecast)", "Ahead, low", "Ahead, high")
    assert table.rows == (("Mon", 1200, None, None, None), ("Tue", None, 1500.5, 1400, 1600))


def test_a_chart_with_values_missing_or_left_over_is_refused():
    with pytest.raises(ValueError, match="1 values for 2 labels"):
        chart(series=(Series("Short", (1,)),))
    with pytest.raises(ValueError, match="one tile a label"):
        chart(kind=Kind.TILE_GRID, series=(Series("Free", (1, 2)),), tiles=(Tile(0, 0),))


def test_a_gap_is_no_zero():
    assert chart().as_data()["series"][0]["values"] == [1200, None]
    assert chart(series=(Series("Nothing", (None, None)),)).is_empty
    assert not chart(series=(Series("Zero", (0, None)),)).is_empty


def test_the_page_shows_headline_table_and_data_without_markup_of_others():
    hostile = "</script><b>"
    with translation.override("de"):
        html = Template("{% chart chart %}").render(Context({"chart": chart(labels=(hostile, "Tue"))}))
    assert "Demand grows." in html
    assert "1.200" in html
    assert hostile not in html
    assert 'data-chart="{&quot;kind&quot;' in html


def test_an_empty_chart_says_so_instead_of_drawing_nothing():
    empty = chart(series=(Series("Nothing", (None, None)),))
    with translation.override("en"):
        html = Template("{% chart chart %}").render(Context({"chart": empty}))
    assert "There are no values yet." in html
    assert "data-chart" not in html
