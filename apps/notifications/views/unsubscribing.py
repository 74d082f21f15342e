"""/unsubscribe/: where the links in letters lead, without signing in.

Programs of mailboxes POST to it as RFC 8058 says, without a cookie and without having asked first; people press the button of its page. A GET
changes nothing, since scanners of mail open every link.
"""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt

from apps.core.languages import speaking
from apps.notifications.mail_texts import reason, stopped
from apps.notifications.unsubscribing import Topic, UnknownLink, read, unsubscribe
from apps.users.models import User

POLICY = {
    "script-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [NONE],
    "connect-src": [NONE],
}


# Whoever has the link may use it, so there is nothing for a forged request to gain.
@method_decorator([csrf_exempt, cache_control(no_store=True), csp_replace(POLICY)], name="dispatch")
class StopLetters(View):
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, *_read(token), done=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        user, topic = _read(token)
        with transaction.atomic():
            unsubscribe(user_id=user.pk, topic=topic)
        return _page(request, user, topic, done=True)


def _read(token: str) -> tuple[User, Topic]:
    try:
        return read(token)
    except UnknownLink as error:
        raise Http404 from error


def _page(request: HttpRequest, user: User, topic: Topic, *, done: bool) -> HttpResponse:
    with speaking(user.language):
        context = {"done": done, "reason": reason(topic), "stopped": stopped(topic)}
        return render(request, "notifications/pages/unsubscribe.html", context)
