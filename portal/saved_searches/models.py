"""A filter that somebody wants to find again."""

import uuid

from django.conf import settings
from django.db import models


class SavedSearch(models.Model):
    """
    One person's own.

    page   which list it narrows: a key of portal.http.saved_searches
    query  what follows the question mark of the list's address
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    page = models.CharField(max_length=30)
    query = models.CharField(max_length=1000)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_search_name_once")]

    def __str__(self) -> str:
        return self.name
