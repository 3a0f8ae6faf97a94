"""Series about staffing risk: taken in once, kept as known when, shown day by day with what does not add up."""

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from capacity.staffing.risk_models import RiskDay, RiskSeries
from journal.models import Entry
from tests import make, sql
from users.roles import Role

pytestmark = pytest.mark.django_db

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
NATIONS = "iso3,date,c2_workplace,c2_flag,c6_stay_home,c6_flag\n"
PARTS = "region,name,date,c2_workplace,c2_flag,c6_stay_home,c6_flag\n"
ICU = (
    "datum,bundesland_id,anzahl_meldebereiche,betriebssituation_regulaerer_betrieb,"
    "betriebssituation_teilweise_eingeschraenkt,betriebssituation_eingeschraenkt,"
    "betriebssituation_keine_angabe,einschraenkung_personal\n"
)
AT = datetime(2022, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(clock_at):
    clock_at(AT)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "national_daily.csv").write_text(
        NATIONS
        + "DEU,2020-03-01,0,,0,\nDEU,2020-03-02,2,0,1,1\nDEU,2020-03-03,3,1,2,1\n"
        + "DEU,2020-03-04,,,,\nXXX,2020-03-01,1,,1,\n"
    )
    (tmp_path / "us_states_daily.csv").write_text(PARTS + "US_VA,Virginia,2020-03-01,1,,0,\n")
    (tmp_path / "uk_nations_daily.csv").write_text(PARTS)
    (tmp_path / "countries.csv").write_text("iso3,name\nDEU,Germany\n")
    (tmp_path / "icu_bundeslaender_daily.csv").write_text(
        ICU + "2020-04-04,09,171,122,32,11,5,2\n2020-04-04,11,46,30,10,6,0,12\n2020-04-05,11,46,NA,NA,NA,NA,NA\n"
    )
    make.region("germanynorth", country="DEU")
    return tmp_path


def take(source, folder, as_of="2022-05-31", *options) -> str:
    out = StringIO()
    call_command("import_staffing_risk", source, str(folder), "--as-of", as_of, *options, stdout=out)
    return out.getvalue()


def test_a_series_is_taken_in_once_and_a_second_run_changes_nothing(folder):
    assert "added: 4" in take("oxcgrt", folder, "2022-05-31", "--dry-run")
    assert not RiskDay.objects.exists()
    assert "added: 4, corrected: 0, unchanged: 0" in take("oxcgrt", folder)
    # What no region of ours follows stays outside.
    assert [str(one) for one in RiskSeries.objects.all()] == ["Germany"]
    assert list(RiskDay.objects.order_by("date").values_list("risk", "is_partial")) == [
        ("normal", False), ("reduced", True), ("critical", False), ("unknown", False),
    ]  # fmt: skip
    entries = Entry.objects.count()
    assert "added: 0, corrected: 0, unchanged: 4" in take("oxcgrt", folder)
    assert Entry.objects.count() == entries


def test_what_was_printed_at_the_time_stays_beside_its_correction(folder, visit):
    (folder / "national_daily_as_published_2020-05-16.csv").write_text(
        "iso3,date,c2,c2_flag,c6,c6_flag\nDEU,2020-03-01,0.00,,0.00,\nDEU,2020-03-02,0.00,,1.00,1.00\n"
    )
    take("oxcgrt", folder, "2020-05-16")
    assert "added: 2, corrected: 1, unchanged: 1" in take("oxcgrt", folder)
    reader = make.person(Role.REGION_OPERATOR)
    now = visit("/regions/germanynorth/staffing-risk/", as_=reader, queries=8).context
    then = visit("/regions/germanynorth/staffing-risk/?as_of=2020-05-16", as_=reader).context
    assert [one.first.risk for one in then["spells"]] == ["watch", "normal"]
    assert [one.first.risk for one in now["spells"]] == ["unknown", "critical", "reduced", "normal"]


def test_days_that_do_not_add_up_are_shown_and_not_smoothed(folder, visit):
    assert "DE-BY 2020-04-04 does not add up" in take("icu_de", folder)
    reader = make.person(Role.EXECUTIVE)
    page = visit("/regions/germanynorth/staffing-risk/?series=icu_de:DE-BY", as_=reader).content.decode()
    assert "122 + 32 + 11 + 5 are 170 units, but 171 reported" in page
    assert "is-odd" in page
    own = visit("/regions/germanynorth/staffing-risk/", as_=reader).content.decode()
    assert "Lack of staff" in own
    assert "12 of 46 answering units lack staff" in own
    assert "nobody was asked about staff" in own
    assert "is-odd" not in own


def test_the_history_is_for_those_who_see_crews_and_says_when_there_is_none(visit):
    make.region("germanynorth", country="DEU")
    page = "/regions/germanynorth/staffing-risk/"
    assert visit(page, as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    reader = make.person(Role.CAPACITY_REVIEWER)
    assert "No public series about this region yet" in visit(page, as_=reader).content.decode()
    assert visit(f"{page}?series=oxcgrt:XXX", as_=reader).status_code == 400
    assert visit(f"{page}?as_of=yesterday", as_=reader).status_code == 400
    assert visit(f"{page}?of=2020-03-01", as_=reader).status_code == 400
    assert visit("/regions/nowhere/staffing-risk/", as_=reader).status_code == 404


@pytest.mark.parametrize(
    ("as_of", "why"), [("2020-03-02", "speaks of 2020-03-04"), ("2022-06-02", "today is 2022-06-01")]
)
def test_a_series_of_tomorrow_is_refused(folder, as_of, why):
    with pytest.raises(CommandError, match=why):
        take("oxcgrt", folder, as_of)
    assert not RiskSeries.objects.exists()


def test_what_a_source_said_on_a_day_is_never_edited(folder):
    take("oxcgrt", folder)
    path = folder / "national_daily.csv"
    path.write_text(path.read_text().replace("2020-03-02,2,0,1,1", "2020-03-02,3,1,3,1"))
    with pytest.raises(CommandError, match="with other values for 2020-03-02"):
        take("oxcgrt", folder)
    assert "corrected: 1" in take("oxcgrt", folder, "2022-06-01")
    day = RiskDay.objects.first()
    assert "denied" in sql.refused("UPDATE capacity_riskday SET risk = 'normal' WHERE id = %s", day.pk)
    assert "denied" in sql.refused("DELETE FROM capacity_riskday WHERE id = %s", day.pk)
    assert "risk_day_is_past" in sql.refused(
        "INSERT INTO capacity_riskday (series_id, date, known_date, risk, cause, is_partial, adds_up, figures,"
        " taken_in_at) VALUES (%s, '2022-07-01', '2022-06-01', 'normal', 'staff', false, true, '{}', now())",
        day.series_id,
    )
    assert "risk_day_once" in sql.refused(
        "INSERT INTO capacity_riskday (series_id, date, known_date, risk, cause, is_partial, adds_up, figures,"
        " taken_in_at) SELECT series_id, date, known_date, 'normal', 'staff', false, true, '{}', now()"
        " FROM capacity_riskday WHERE id = %s",
        day.pk,
    )


@pytest.mark.skipif(not SHARED.exists(), reason="the shared public data are not on this machine")
def test_the_published_series_of_german_hospitals_keep_their_seven_odd_days():
    make.region("germanynorth", country="DEU")
    told = take("icu_de", SHARED / "icu_capacity_de")
    assert told.startswith("Days added: 10432")
    assert told.count("does not add up") == 7
    assert RiskDay.objects.filter(adds_up=False, date__lt=date(2020, 4, 9)).count() == 7
