"""/account/deletion/: where an account is deleted without the app. Google Play wants such a page to be there for everybody."""

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import Throttled

from apps.core.languages import known, speaking
from apps.mail.addresses import is_deliverable
from apps.users import throttling
from apps.users.deletion import request_deletion
from apps.users.deletion_links import ask_for_link, named_by
from apps.users.models import User
from apps.users.views.languages import language_of

# A page of words and one form: nothing runs on it, and it loads its style alone.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
LANGUAGES = {"en": "English", "sr": "Srpski"}


class AddressForm(forms.Form):
    email = forms.EmailField(max_length=254)

    def clean_email(self) -> str:
        address = User.normalize_username(self.cleaned_data["email"])
        if not is_deliverable(address):
            raise forms.ValidationError(validate_email.message, code="invalid")
        return address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    language, now = _language(request), timezone.now()
    with speaking(language):
        if request.method != "POST":
            step = "asked" if "asked" in request.GET else "ask"
            return _page(request, step, language, form=AddressForm())
        form = AddressForm(request.POST)
        if not form.is_valid():
            return _page(request, "ask", language, status=400, form=form)
        try:
            throttling.take(throttling.DELETION_PAGES, subject=throttling.client_address(request), now=now)
            ask_for_link(email=form.cleaned_data["email"], language=language, now=now)
        except Throttled as throttled:
            return _page(request, "later", language, status=429, wait=getattr(throttled, "wait", 60))
    query = urlencode({"asked": "", "language": language})
    return HttpResponseRedirect(f"{reverse('delete-account')}?{query}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    language = _language(request)
    with speaking(language), transaction.atomic():
        user = named_by(key)
        if user is None:
            return _page(request, "stale", language, status=410)
        if request.method != "POST":
            return _page(request, "confirm", language, user=user)
        purge_at = request_deletion(user=user, now=timezone.now())
        return _page(request, "done", language, user=user, purge_at=purge_at)


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language")
    return known(asked) if asked else language_of(request)


def _page(
    request: HttpRequest, step: str, language: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    switches = [
        {"code": code, "name": name, "query": urlencode({**request.GET.dict(), "language": code})}
        for code, name in LANGUAGES.items()
    ]
    context |= {"language": language, "switches": switches}
    answer = render(request, f"users/deletion/{step}.html", context, status=status)
    answer.headers["Content-Security-Policy"] = POLICY
    if "wait" in context:
        answer.headers["Retry-After"] = str(int(context["wait"]))
    return answer
