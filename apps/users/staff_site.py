"""The admin's own door: a password, of which only a few wrong ones may be tried, and then a second factor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from rest_framework.exceptions import Throttled
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

R = TypeVar("R", bound=HttpResponseBase)


class CountedTries:
    """For forms that ask for a password: an account has five wrong tries a minute, the app's sign-in included, wherever they come from."""

    retry_after = 0

    @contextmanager
    def counted(self, account: str) -> Iterator[None]:
        from apps.users import throttling

        try:
            with throttling.counted(throttling.WRONG_SIGN_INS, subject=account, now=timezone.now()):
                yield
        except Throttled as refused:
            self.retry_after = int(refused.wait or 1)  # type: ignore[attr-defined]  # the stubs lack it
            raise ValidationError(too_many(self.retry_after)) from refused


class PasswordForm(CountedTries, AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        from apps.users.models import User

        with self.counted(User.normalize_username(self.cleaned_data.get("username") or "")):
            cleaned: dict[str, Any] = super().clean()
        return cleaned


def too_many(seconds: int) -> str:
    return f"Too many wrong tries. Try again in {seconds} seconds."


def told_to_wait(answer: R) -> R:
    """A page whose form was refused for too many tries says so in its head as well."""
    form = (getattr(answer, "context_data", None) or {}).get("form")
    if retry_after := getattr(form, "retry_after", 0):
        answer.status_code = 429
        answer["Retry-After"] = str(retry_after)
    return answer


class StaffSite(UnfoldAdminSite):
    login_form = PasswordForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Every page asks this: a password alone opens none of those who have, or must have, a second factor."""
        return self.knows_password(request) and not self._lacks_second_factor(request)

    def knows_password(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request))

    def _lacks_second_factor(self, request: HttpRequest) -> bool:
        from apps.users.second_factor import is_demanded

        user: Any = request.user
        return not user.is_verified() and is_demanded(user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.knows_password(request) and self._lacks_second_factor(request):
            follows = {REDIRECT_FIELD_NAME: request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index"))}
            return HttpResponseRedirect(f"{reverse('admin:second-factor')}?{urlencode(follows)}")
        return told_to_wait(super().login(request, extra_context))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As Unfold has it, but for the form, which it gives no way to choose."""
        from apps.users.admin.passwords import OwnPasswordForm

        page = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return told_to_wait(page(request))

    def extra_urls(self) -> list[Any]:
        """Unfold puts these before its own. They are for those who know the password, and see to the rest themselves."""
        from apps.users.admin import second_factor as pages

        return [
            path("second-factor/", never_cache(csrf_protect(pages.second_factor)), name="second-factor"),
            path(
                "second-factor/set-up/", never_cache(csrf_protect(pages.set_up)), name="second-factor-set-up"
            ),
        ]
