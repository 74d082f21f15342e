from django.db import models

from apps.users.models.user import User


class Export(models.Model):
    """Somebody's data on its way into a file: too much to be written down while they wait, see exporting.py.

    A worker that has claimed it works on it until `lease_until`. Once it is finished it is kept until `expires_at`.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="export")
    requested_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["requested_at"], name="users_export_due", condition=models.Q(finished_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"data of {self.user_id}"


class ExportPart(models.Model):
    """Put together by their numbers, the parts are one gzip file."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="users_exportpart_one_place")
        ]
