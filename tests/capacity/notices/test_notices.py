"""A notice is said in both languages, by two people, and never edited after it was published."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from capacity.notices.access import OwnNotice
from capacity.notices.actions.draft_notice import CannotDraftNotice, NoDraftAnyMore, change_draft, draft_notice
from capacity.notices.actions.publish_notice import NeedsBothLanguages, publish_notice
from capacity.notices.models import Notice
from kit.refusal import NotAllowed, StaleForm
from kit.transitions import MoveRefused
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

TEXTS = {
    "title_de": "Neue Kapazität ist knapp",
    "body_de": "Anfragen folgen den Kriterien.",
    "title_en": "New capacity is short",
    "body_en": "Requests follow the criteria.",
}


@pytest.fixture
def editor():
    return make.acting(Role.NOTICE_EDITOR)


def draft(actor, **changes):
    return draft_notice(actor=actor, at=make.NOW, **{**TEXTS, **changes})


def test_another_person_publishes_it_and_raw_sql_is_refused_the_same(editor):
    notice = draft(editor)
    with pytest.raises(OwnNotice):
        publish_notice(actor=editor, notice_id=notice.public_id, at=make.NOW)
    with pytest.raises(IntegrityError, match="nobody_publishes_own_notice"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(
            state="published", published_by=notice.drafted_by, published_at=make.NOW
        )
    published = publish_notice(actor=make.acting(Role.DUTY_MANAGER), notice_id=notice.public_id, at=make.NOW)
    assert published.state == "published"
    with pytest.raises(MoveRefused):
        publish_notice(actor=make.acting(Role.DUTY_MANAGER), notice_id=notice.public_id, at=make.NOW)


def test_german_alone_is_a_draft_and_not_published(editor):
    notice = draft(editor, title_en="", body_en="")
    with pytest.raises(NeedsBothLanguages):
        publish_notice(actor=make.acting(Role.NOTICE_EDITOR), notice_id=notice.public_id, at=make.NOW)
    with pytest.raises(IntegrityError, match="published_in_both_languages"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(
            state="published", published_by=make.person(Role.NOTICE_EDITOR), published_at=make.NOW
        )


def test_what_was_published_is_superseded_and_never_edited(editor):
    other = make.acting(Role.NOTICE_EDITOR)
    first = publish_notice(actor=other, notice_id=draft(editor).public_id, at=make.NOW)
    with pytest.raises(NoDraftAnyMore):
        change_draft(
            actor=editor,
            notice_id=first.public_id,
            row_version=first.row_version,
            region_codes=[],
            at=make.NOW,
            **TEXTS,
        )
    second = draft(editor, supersedes=first.public_id, title_de="Wieder Kapazität", title_en="Capacity again")
    publish_notice(actor=other, notice_id=second.public_id, at=make.NOW)
    first.refresh_from_db()
    assert first.state == "superseded"
    with pytest.raises(DatabaseError), transaction.atomic():
        Notice.objects.filter(pk=first.pk).update(state="draft")


def test_a_stale_form_and_bad_input_change_nothing(editor):
    notice = draft(editor)
    change = {**TEXTS, "title_de": "Anders", "region_codes": []}
    change_draft(actor=editor, notice_id=notice.public_id, row_version=1, at=make.NOW, **change)
    with pytest.raises(StaleForm):
        change_draft(actor=editor, notice_id=notice.public_id, row_version=1, at=make.NOW, **change)
    for wrong, field in (({"title_de": " "}, "title_de"), ({"region_codes": ["atlantis"]}, "region_codes")):
        with pytest.raises(CannotDraftNotice) as refusal:
            draft(editor, **wrong)
        assert list(refusal.value.fields) == [field]
    with pytest.raises(NotAllowed):
        draft(make.acting(Role.EXECUTIVE))
    assert Notice.objects.count() == 1


def test_pages_for_editors_and_nobody_else(visit):
    editor, other = make.person(Role.NOTICE_EDITOR), make.person(Role.NOTICE_EDITOR)
    assert visit(reverse("notices:notices"), as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    assert "No notices yet" in visit(reverse("notices:notices"), as_=editor).content.decode()
    assert visit(reverse("notices:draft"), as_=editor, method="post", data={}).status_code == 400
    assert visit(reverse("notices:draft"), as_=editor, method="post", data=TEXTS).status_code == 302
    notice = Notice.objects.get()
    page = reverse("notices:notice", args=[notice.public_id])
    assert visit(page, as_=editor).status_code == 200
    assert visit(reverse("notices:publish", args=[notice.public_id]), as_=editor, method="post").status_code == 403
    assert visit(reverse("notices:publish", args=[notice.public_id]), as_=other, method="post").status_code == 302
    assert visit(page, as_=make.person(Role.AUDITOR)).status_code == 200
    assert visit(reverse("notices:notices"), as_=editor).status_code == 200
