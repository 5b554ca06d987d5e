from django.apps import AppConfig

from portal.celery import app as celery_app
from portal.runtime import durability


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"
    celery = celery_app
    database_checks = (durability.check_durability,)
