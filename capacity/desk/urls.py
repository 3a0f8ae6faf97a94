"""Addresses of what looks at everything."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from capacity.desk.today import today

app_name = "desk"


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """GET /: staff go to their work, everybody else to what is public."""
    return redirect("desk:today" if request.user.is_authenticated else "trust:home")


urlpatterns = [path("", home, name="home"), path("today/", today, name="today")]
