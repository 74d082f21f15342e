"""Which addresses we write to."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def is_deliverable(address: str) -> bool:
    """Whether it is one plain address: letters, digits and signs before the @, a name of a host after it.

    What RFC 5321 also allows but nobody has, quoted names and hosts given by number, is a favourite of those who smuggle.
    """
    try:
        validate_email(address)
    except ValidationError:
        return False
    name, _, host = address.rpartition("@")
    return not name.startswith('"') and not host.startswith("[")
