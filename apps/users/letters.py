"""How a letter to one person ends."""

from django.conf import settings


def written(*paragraphs: str) -> str:
    return "\n\n".join([*paragraphs, "Campanile\n" + settings.PUBLIC_URL]) + "\n"
