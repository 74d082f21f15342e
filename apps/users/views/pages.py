"""Where the links in letters lead: people open their mail on other machines than their phone. Nothing here needs JavaScript.

GET shows a form and looks nothing up, since scanners of mail open every link; POST uses the key.
"""

from datetime import datetime
from typing import Any, ClassVar

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.generic import FormView
from rest_framework.exceptions import Throttled, ValidationError

from apps.core.languages import speaking
from apps.users import passwords, registration, throttling
from apps.users.page_forms import PasswordForm
from apps.users.views.languages import language_of

POLICY = {
    "script-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [NONE],
    "connect-src": [NONE],
}


@method_decorator([cache_control(no_store=True), csp_replace(POLICY)], name="dispatch")
class KeyPage(FormView):  # type: ignore[type-arg]  # generic in the stubs alone
    form_class = PasswordForm
    done_template: ClassVar[str]
    limit: ClassVar[throttling.Limit]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Rendered here, in the language of the browser."""
        with speaking(language_of(request)):
            response = super().dispatch(request, *args, **kwargs)
            return response.render() if isinstance(response, TemplateResponse) else response

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, app_link=f"campanile:/{self.request.path}".rstrip("/"))

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        now = timezone.now()
        try:
            throttling.take(self.limit, subject=throttling.client_address(self.request), now=now)
            with transaction.atomic():
                self.use(self.kwargs["key"], form.cleaned_data["password"], now)
        except Throttled as error:
            refusal = TemplateResponse(self.request, "users/pages/busy.html", status=429)
            refusal["Retry-After"] = str(getattr(error, "wait", 60))
            return refusal
        except ValidationError as error:
            form.refuse(error)
            return self.form_invalid(form)
        return TemplateResponse(self.request, self.done_template)

    def form_invalid(self, form: PasswordForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def use(self, key: str, password: str, now: datetime) -> None:
        raise NotImplementedError


class ConfirmPage(KeyPage):
    """Asks for a password, which becomes the account's: whoever registered the address may not have been the one who reads its mail."""

    template_name = "users/pages/confirm.html"
    done_template = "users/pages/confirmed.html"
    limit = throttling.Limit("confirmations from an address, in a browser", times=60)

    def use(self, key: str, password: str, now: datetime) -> None:
        registration.confirm(key=key, password=password, now=now)


class ResetPage(KeyPage):
    template_name = "users/pages/reset.html"
    done_template = "users/pages/chosen.html"
    limit = throttling.Limit("chosen passwords from an address, in a browser", times=60)

    def use(self, key: str, password: str, now: datetime) -> None:
        passwords.reset(key=key, password=password, now=now)
