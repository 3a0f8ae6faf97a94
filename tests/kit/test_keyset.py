"""Walking a list page by page, in either direction, shows every row once and in order."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.keyset import BadCursor, Order
from tests.kit.rows import Row, create_table

pytestmark = pytest.mark.django_db

SORTS = ["number", "name", "due_date", "filed_at", "parent__name", "parent__due_date", "parent", "pk", "shout"]

row_values = st.tuples(
    st.integers(-2, 2),
    st.sampled_from(["", "a", "B", "ä", "a'b", "%", "😀"]),
    st.none() | st.sampled_from([date(2026, 1, 1), date(2026, 1, 2)]),
    st.none() | st.sampled_from([datetime(2026, 1, 1, 0, 0, 0, micro, tzinfo=UTC) for micro in (0, 1, 999_999)]),
    st.none() | st.integers(0, 3),
)


@pytest.fixture(autouse=True)
def table(db):
    create_table()


def fill(values):
    Row.objects.all().delete()
    rows = Row.objects.bulk_create(Row(number=v[0], name=v[1], due_date=v[2], filed_at=v[3]) for v in values)
    for row, (*_, parent) in zip(rows, values, strict=True):
        row.parent = rows[parent] if parent is not None and parent < len(rows) else None
    Row.objects.bulk_update(rows, ["parent"])
    return Row.objects.annotate(shout=Concat("name", Value("!")))


def walk(order, queryset, size, *, cursor=None, backward=False):
    """All pages from a cursor to the end, as lists of primary keys."""
    pages = []
    while True:
        page = order.page(queryset, size=size, **{"before" if backward else "after": cursor})
        pages.append(page)
        cursor = page.previous if backward else page.next
        if cursor is None:
            return pages


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=st.lists(row_values, max_size=14),
    sort=st.lists(st.tuples(st.sampled_from(SORTS), st.booleans()), max_size=3, unique_by=lambda term: term[0]),
    size=st.integers(1, 6),
)
def test_walking_forward_and_back_equals_the_sorted_list(values, sort, size):
    queryset = fill(values)
    order = Order.of(queryset, [f"-{name}" if descending else name for name, descending in sort])
    expected = [row.pk for row in order.sort(queryset)]

    forward = walk(order, queryset, size)
    assert [row.pk for page in forward for row in page.rows] == expected
    assert forward[0].previous is None
    assert all(page.previous for page in forward[1:])

    backward = walk(order, queryset, size, cursor=forward[-1].previous, backward=True) if forward[-1].previous else []
    seen = [row.pk for page in reversed(backward) for row in page.rows] + [row.pk for row in forward[-1].rows]
    assert seen == expected


def test_rows_that_come_and_go_move_no_other_row():
    queryset = fill([(number, "a", None, None, None) for number in range(6)])
    order = Order.of(queryset, ["number"])
    first = order.page(queryset, size=3)
    Row.objects.filter(number__in=[1, 2]).delete()  # the cursor's own row is gone
    Row.objects.create(number=0, name="late")
    assert [row.number for row in order.page(queryset, size=3, after=first.next).rows] == [3, 4, 5]


def test_dictionaries_page_like_objects():
    queryset = fill([(number // 2, "a", None, None, None) for number in range(5)]).values("number", "pk")
    order = Order.of(queryset, ["-number"])
    pages = walk(order, queryset, 2)
    assert [row["number"] for page in pages for row in page.rows] == [2, 1, 1, 0, 0]


def test_one_direction_is_one_row_comparison_and_one_query():
    queryset = fill([(number, "a", None, None, None) for number in range(3)])
    order = Order.of(queryset, ["-number", "-name"])
    cursor = order.page(queryset, size=1).next
    with CaptureQueriesContext(
        connection,
    ) as captured:
        order.page(queryset, size=1, after=cursor)
    (query,) = captured.captured_queries
    assert '("tests_kit_row"."number", "tests_kit_row"."name", "tests_kit_row"."id") < (' in query["sql"]
    assert "OFFSET" not in query["sql"]


def test_an_expression_lets_mixed_directions_run_one_way():
    queryset = fill([(number % 3, f"{number}", None, None, None) for number in range(9)])
    mixed = Order.of(queryset, ["-number", "name"])
    negated = queryset.annotate(down=-F("number"))
    one_way = Order.of(negated, ["down", "name"])
    assert [r.pk for page in walk(one_way, negated, 2) for r in page.rows] == [r.pk for r in mixed.sort(queryset)]


@pytest.mark.parametrize("cursor", ["", "x", "a.b", "W10.", "\x00", "😀", "." * 3])
def test_a_made_up_cursor_is_refused(cursor):
    queryset = fill([])
    with pytest.raises(BadCursor):
        Order.of(queryset, ["number"]).page(queryset, size=1, after=cursor)


def test_a_cursor_of_another_order_is_refused_and_so_is_a_changed_one():
    queryset = fill([(1, "a", None, None, None), (2, "b", None, None, None)])
    cursor = Order.of(queryset, ["number"]).page(queryset, size=1).next
    order = Order.of(queryset, ["-number"])
    with pytest.raises(BadCursor):
        order.page(queryset, size=1, after=cursor)
    with pytest.raises(BadCursor):
        Order.of(queryset, ["number"]).page(queryset, size=1, after=cursor[:-1] + ("A" if cursor[-1] != "A" else "B"))
    with pytest.raises(BadCursor):
        Order.of(queryset, ["number"]).page(queryset, size=1, after=cursor, before=cursor)
