"""The switches for language and appearance in the frame."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from kit.templatetags.ui import same_site
from users.actions.choose_appearance import CannotChooseAppearance, choose_appearance


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keeps the choice of a person; nobody's language is kept in a cookie. Goes back to the page it came from.

    A script that stays on its page names none and gets an empty answer.
    """
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    back = request.POST.get("next")
    answer = HttpResponseRedirect(same_site(back, request)) if back else HttpResponse(status=204)
    if request.user.is_authenticated:
        choose_appearance(actor=request.actor, language=language, theme=theme)  # type: ignore[attr-defined]
    elif language in dict(settings.LANGUAGES) and check_for_language(language):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        raise CannotChooseAppearance()
    return answer
