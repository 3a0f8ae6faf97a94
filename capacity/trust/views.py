"""The public pages. German first, English equal; each language has its own address, so no cookie is needed."""

from collections.abc import Callable, Mapping
from functools import wraps
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from capacity.notices.queries import published_notices
from capacity.trust import queries
from kit.clock import now

LANGUAGES = ("de", "en")
# A reader may see a page this old; notices are not needed to the second.
FRESH_FOR = 60  # seconds

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """A page that everybody may read, in the language of its address."""

    @login_not_required
    @require_safe
    @cache_control(public=True, max_age=FRESH_FOR)
    @wraps(view)
    def shown(request: HttpRequest, language: str, **values: Any) -> HttpResponse:
        if language not in LANGUAGES:
            raise Http404
        with translation.override(language):
            response = view(request, language=language, **values)
            response.headers["Content-Language"] = language
            return response

    return shown


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """GET /trust/: German, whatever the browser asks for, because the address is printed on paper."""
    return redirect("trust:overview", language="de")


@public
def overview(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/"""
    context = {
        "groups": queries.region_groups(),
        "notices": queries.notices(5),
        "contacts": queries.contacts(),
        "levers": queries.levers(now()),
        "campaigns": queries.campaigns(now()),
    }
    return _page(request, language, "overview", context)


@public
def conditions(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/conditions/"""
    return _page(request, language, "conditions", {"history": queries.condition_history(now())})


@public
def policy(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/policy/"""
    at = now()
    history = queries.policy_history()
    context = {
        "policy": queries.policy_in_force(at),
        # Each with the one before it, which it is compared with.
        "history": list(zip_longest(history, history[1:])),
        "at": at,
    }
    return _page(request, language, "policy", context)


@public
def policy_version(request: HttpRequest, *, language: str, number: int) -> HttpResponse:
    """GET /trust/<language>/policy/<number>/"""
    found = queries.policy_version(number)
    if found is None:
        raise Http404
    return _page(request, language, "policy_version", {"policy": found}, number=number)


@public
def policy_change(request: HttpRequest, *, language: str, old: int, new: int) -> HttpResponse:
    """GET /trust/<language>/policy/<old>/to/<new>/"""
    found = queries.policy_change(old, new)
    if found is None:
        raise Http404
    return _page(request, language, "policy_change", {"change": found}, old=old, new=new)


@public
def notices(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/notices/"""
    return _page(request, language, "notices", {"notices": queries.notices()})


@public
def notice(request: HttpRequest, *, language: str, public_id: UUID) -> HttpResponse:
    """GET /trust/<language>/notices/<id>/"""
    found = published_notices().select_related("superseded_by").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    newer = getattr(found, "superseded_by", None)
    context = {"notice": found, "newer": newer if newer and newer.published_at else None}
    return _page(request, language, "notice", context, public_id=public_id)


@public
def contacts(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/contacts/"""
    return _page(request, language, "contacts", {"contacts": queries.contacts()})


@public
def atom(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/notices.atom"""
    feed = Atom1Feed(
        title=_("Vorrang trust center: notices"),
        link=request.build_absolute_uri(reverse("trust:notices", args=[language])),
        description="",
        language=language,
        feed_url=request.build_absolute_uri(),
    )
    for one in queries.notices():
        feed.add_item(
            title=one.title,
            link=request.build_absolute_uri(reverse("trust:notice", args=[language, one.public_id])),
            description=one.body,
            pubdate=one.published_at,
            updateddate=one.published_at,
            unique_id=f"urn:uuid:{one.public_id}",
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


@public
def json_feed(request: HttpRequest, *, language: str) -> HttpResponse:
    """GET /trust/<language>/notices.json, a JSON Feed 1.1 (jsonfeed.org)."""
    items = [
        {
            "id": f"urn:uuid:{one.public_id}",
            "url": request.build_absolute_uri(reverse("trust:notice", args=[language, one.public_id])),
            "title": one.title,
            "content_text": one.body,
            "date_published": one.published_at.isoformat() if one.published_at else None,
            "tags": one.region_codes,
        }
        for one in queries.notices()
    ]
    return JsonResponse(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _("Vorrang trust center: notices"),
            "home_page_url": request.build_absolute_uri(reverse("trust:notices", args=[language])),
            "feed_url": request.build_absolute_uri(),
            "language": language,
            "items": items,
        },
        content_type="application/feed+json",
    )


def _page(request: HttpRequest, language: str, name: str, context: dict[str, Any], **address: Any) -> HttpResponse:
    context["language"] = language
    context["current"] = name
    context["languages"] = [_language(code, name, address) for code in LANGUAGES]
    return render(request, f"trust/{name}.html", context)


def _language(code: str, name: str, address: Mapping[str, Any]) -> tuple[str, str, str]:
    own_name = translation.get_language_info(code)["name_local"]
    return code, own_name, reverse(f"trust:{name}", args=[code, *address.values()])
