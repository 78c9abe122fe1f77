"""The two tables of the request buffer."""

from django.db import models


class IntegrationRow(models.Model):
    """The row that is held, with what there is once of each integration."""

    id = models.CharField(max_length=256, primary_key=True)
    claimed_until = models.BigIntegerField(null=True)
    """Microseconds since 1970."""
    counts = models.JSONField(default=dict)
    """By day and outcome."""


class RecordRow(models.Model):
    """A record, and its number in the order of recording."""

    number = models.BigAutoField(primary_key=True)
    integration = models.ForeignKey(IntegrationRow, models.CASCADE, db_index=False)
    event_type = models.CharField(max_length=256)
    is_error = models.BooleanField()
    at = models.BigIntegerField()
    """Microseconds since 1970."""
    text = models.TextField()

    class Meta:
        """One index serves every question."""

        indexes = (models.Index("integration", "event_type", "is_error", "number", name="alertkit_record_kind"),)
