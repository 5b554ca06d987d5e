from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class InvestorsConfig(AppConfig):
    name = "investors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every process knows what each house holds about an investor: a worker exports it, a page asks what is open."""
        autodiscover_modules("records")
