"""POST /webhooks/{source}/: verify, store, commit, answer. Nothing is applied here, and Redis is not asked."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from apps.core.errors import problem
from apps.webhooks import dialects, metrics, signatures
from apps.webhooks.bodies import Fault, Malformed
from apps.webhooks.handlers import parse_event
from apps.webhooks.intake import Receipt, store
from apps.webhooks.models import Delivery
from apps.webhooks.secrets import keys_for

MAX_BODY_BYTES = 5 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)

logger = structlog.get_logger(__name__)


@csrf_exempt
def receive(request: HttpRequest, source: str) -> HttpResponse:
    if refusal := _unacceptable(request):
        metrics.count_refusal(source=source, reason=metrics.UNACCEPTABLE[refusal.status_code])
        return refusal
    try:
        # Not request.body, which stops at the 2.5 MB that Django allows forms. The length was looked at above.
        length = int(request.META["CONTENT_LENGTH"])
        body = request.read(length)
        if len(body) < length:
            raise signatures.Refused("body")  # not all of it came (RFC 9112, section 8)
        sent_at = _verify(request, source, body)
    except (signatures.Refused, UnreadablePostError) as error:
        return _unauthentic(source, error)
    type, status, faults = _understood(source, body)
    with metrics.outages_counted(source=source):
        receipt = store(
            source=source,
            webhook_id=request.META["HTTP_WEBHOOK_ID"],
            sent_at=sent_at,
            type=type,
            body=body,
            status=status,
            error="\n".join(f"{fault.pointer or 'body'}: {fault.detail}" for fault in faults),
        )
    metrics.count_delivery(source=source, verdict=receipt.verdict, status=receipt.status)
    return _answer(receipt, faults)


@csrf_exempt
def delivery_status(request: HttpRequest, source: str, delivery: UUID) -> HttpResponse:
    """What became of a delivery, for its sender: signed like a delivery, over an empty body."""
    if request.method not in ("GET", "HEAD"):
        return problem(405, headers={"Allow": "GET, HEAD"})
    try:
        _verify(request, source, b"")
    except signatures.Refused as error:
        return _unauthentic(source, error)
    row = Delivery.objects.filter(source=source, public_id=delivery).defer("body").first()
    if row is None:
        return problem(404)
    return JsonResponse(
        {
            "delivery": str(row.public_id),
            "webhook_id": row.webhook_id,
            "type": row.type,
            "status": row.status,
            "attempts": row.attempts,
            # Of a traceback only its last line leaves the house.
            "error": row.error
            if row.status == Delivery.Status.QUARANTINED
            else row.error.strip().rsplit("\n", 1)[-1],
            "revision": row.revision,
            "result": row.result,
            "received_at": row.received_at,
            "processed_at": row.processed_at,
        }
    )


def _unacceptable(request: HttpRequest) -> HttpResponse | None:
    """What is refused before a byte of the body is read."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.method != "POST":
        return problem(405, headers={"Allow": "POST"})
    if request.content_type != "application/json":
        return problem(
            415, "The media type must be application/json.", headers={"Accept": "application/json"}
        )
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        return problem(415, "The body must not be encoded.", headers={"Accept-Encoding": "identity"})
    if not _LENGTH.fullmatch(length):
        return problem(411, "The body needs a Content-Length.")
    if int(length) > MAX_BODY_BYTES:
        return problem(413, f"The body may have {MAX_BODY_BYTES} bytes.")
    return None


def _verify(request: HttpRequest, source: str, body: bytes) -> datetime:
    return signatures.verify(
        keys=keys_for(source),
        id=request.META.get("HTTP_WEBHOOK_ID", ""),
        timestamp=request.META.get("HTTP_WEBHOOK_TIMESTAMP", ""),
        signature=request.META.get("HTTP_WEBHOOK_SIGNATURE", ""),
        body=body,
        now=timezone.now(),
    )


def _unauthentic(source: str, error: Exception) -> HttpResponse:
    """One answer for all: it tells nobody what was wrong. Our log does."""
    reason = getattr(error, "reason", "body")
    logger.warning("webhook_refused", source=source[:64], reason=reason)
    metrics.count_refusal(source=source, reason=reason)
    return problem(401, "The request is not signed by a source we know.")


def _understood(source: str, body: bytes) -> tuple[str, Delivery.Status, Sequence[Fault]]:
    type = ""
    try:
        envelope = dialects.read(source, body)
        type = envelope.type
        known = parse_event(envelope, now=timezone.now()) is not None
    except Malformed as malformed:
        return type, Delivery.Status.QUARANTINED, malformed.faults
    return type, Delivery.Status.PENDING if known else Delivery.Status.IGNORED, ()


def _answer(receipt: Receipt, faults: Sequence[Fault]) -> HttpResponse:
    delivery = str(receipt.delivery)
    if receipt.verdict == "conflict":
        return problem(
            409, "This webhook-id was used for another body; the first one is kept.", delivery=delivery
        )
    if receipt.status == Delivery.Status.QUARANTINED:
        return problem(
            400,
            "The event cannot be understood. It is kept for our staff; sending it again will not help.",
            slug="malformed_event",
            errors=[{"pointer": fault.pointer, "detail": fault.detail} for fault in faults],
            headers={"webhook-delivery": "abort-message"},  # a convention of Svix: do not retry
            delivery=delivery,
        )
    if receipt.verdict == "duplicate":
        return _told("duplicate", delivery, status=200)
    return _told("ignored" if receipt.status == Delivery.Status.IGNORED else "accepted", delivery, status=202)


def _told(verdict: str, delivery: str, *, status: int) -> HttpResponse:
    """A JsonResponse would make an encoder for it, and look in its media type for a charset to write the text in. Neither text needs an escape."""
    body = f'{{"status": "{verdict}", "delivery": "{delivery}"}}'.encode()
    return HttpResponse(body, status=status, content_type="application/json")
