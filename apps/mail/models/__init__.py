from apps.mail.models.letter import Letter
from apps.mail.models.letter_count import LetterCount
from apps.mail.models.outage import Outage

__all__ = ["Letter", "LetterCount", "Outage"]
