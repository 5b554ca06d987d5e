from django.apps import AppConfig

from portal.celery import app as celery_app


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"
    celery = celery_app
