"""The pages of the second factor, for whoever has given the password of an account that may enter the admin."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django_otp import login as remember
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.exceptions import Throttled
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.users import second_factor as factor
from apps.users.models import User
from apps.users.staff_site import told_to_wait, too_many

# django-otp's own pages would show the keys.
admin.site.unregister([TOTPDevice, StaticDevice])

KEY = "second_factor_key"
T = TypeVar("T")


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=32,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    retry_after = 0

    def try_code(self, attempt: Callable[[str], T]) -> T | None:
        """What `attempt` returns, or None, and the form tells why not."""
        if not self.is_valid():
            return None
        try:
            return attempt(self.cleaned_data["code"])
        except factor.WrongCode:
            self.add_error("code", "This is not the code of now, or it was used already.")
        except Throttled as refused:
            self.retry_after = int(refused.wait or 1)  # type: ignore[attr-defined]  # the stubs lack it
            self.add_error("code", too_many(self.retry_after))
        return None


def _for_staff(page: Callable[[HttpRequest, User], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    @wraps(page)
    def guarded(request: HttpRequest) -> HttpResponse:
        site: Any = admin.site
        if not site.knows_password(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if request.method == "POST" and "sign_out" in request.POST:
            logout(request)
            return HttpResponseRedirect(reverse("admin:login"))
        assert isinstance(request.user, User), "the site lets nobody else in"
        return page(request, request.user)

    return guarded


@_for_staff
def second_factor(request: HttpRequest, user: User) -> HttpResponse:
    if not factor.is_set_up(user):
        return HttpResponseRedirect(_with_next(request, "admin:second-factor-set-up"))
    return _manage(request, user) if _is_verified(user) else _ask(request, user)


@_for_staff
def set_up(request: HttpRequest, user: User) -> HttpResponse:
    """Whoever has one already is asked for it first: a password alone must not replace it."""
    if factor.is_set_up(user):
        return HttpResponseRedirect(_with_next(request, "admin:second-factor"))
    key = request.session.setdefault(KEY, factor.new_key())
    form = CodeForm(request.POST or None)
    done = form.try_code(lambda code: factor.set_up(user=user, key=key, code=code, now=timezone.now()))
    if done is None:
        context = {"qr": factor.qr_code(user, key), "key": factor.shown(key)}
        return _page(request, "set_up", form, title="Set up the second factor", **context)
    device, codes = done
    del request.session[KEY]
    _let_in(request, device)
    return _codes(request, codes)


def _ask(request: HttpRequest, user: User) -> HttpResponse:
    form = CodeForm(request.POST or None)
    device = form.try_code(lambda code: factor.verify(user=user, code=code, now=timezone.now()))
    if device is None:
        return _page(request, "ask", form, title="Second factor")
    _let_in(request, device)
    if isinstance(device, StaticDevice):
        left = factor.recovery_codes_left(user)
        messages.warning(
            request, f"That was a recovery code. {left} are left: make new ones under Second factor."
        )
    return HttpResponseRedirect(_next(request))


def _manage(request: HttpRequest, user: User) -> HttpResponse:
    """Also whoever finds the browser open needs a code to change anything."""
    form = CodeForm(request.POST or None)
    device = form.try_code(lambda code: factor.verify(user=user, code=code, now=timezone.now()))
    if device is None or not {"renew", "remove"} & request.POST.keys():
        return _page(request, "manage", form, title="Second factor", left=factor.recovery_codes_left(user))
    with transaction.atomic():
        if "renew" in request.POST:
            return _codes(request, factor.renew_recovery_codes(user=user, now=timezone.now()))
        factor.remove(user=user, now=timezone.now())
    messages.success(request, "The second factor is removed.")
    return HttpResponseRedirect(reverse("admin:second-factor-set-up"))


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return _page(request, "codes", CodeForm(), title="Recovery codes", codes=codes, follows=_next(request))


def _let_in(request: HttpRequest, device: Any) -> None:
    """Under another session key: whoever knew the one from before gets nothing by it."""
    request.session.cycle_key()
    remember(request, device)  # type: ignore[no-untyped-call]  # it has no annotations


def _is_verified(user: Any) -> bool:
    return bool(user.is_verified())


def _page(request: HttpRequest, name: str, form: CodeForm, *, title: str, **context: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "form": form, **context}
    return told_to_wait(TemplateResponse(request, f"users/admin/second_factor/{name}.html", context))


def _next(request: HttpRequest) -> str:
    asked = request.GET.get(REDIRECT_FIELD_NAME, "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else reverse("admin:index")


def _with_next(request: HttpRequest, name: str) -> str:
    return f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: _next(request)})}"
