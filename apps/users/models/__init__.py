from apps.users.models.attempts import Attempts
from apps.users.models.export import Export, ExportPart
from apps.users.models.identity import Identity
from apps.users.models.invitation import Invitation
from apps.users.models.registration import Registration
from apps.users.models.session import Session
from apps.users.models.user import User

__all__ = ["Attempts", "Export", "ExportPart", "Identity", "Invitation", "Registration", "Session", "User"]
