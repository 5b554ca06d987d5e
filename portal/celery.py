"""The Celery application. Tasks carry ids; the database says what is due (see docs/adr/0005)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    lambda: [
        "portal.outbox",
        "portal.audit",
        "portal.funding",
        "portal.webhooks",
        "investors.closure",
        "investors.kyc",
        "investors.screening",
        "investors.stablecoins",
        "issuance.offerings",
        "issuance.certificates",
        "issuance.corporate_actions",
        "issuance.voting",
        "indices.prices",
        "indices.levels",
        "indices.rebalances",
        "indices.subscriptions",
    ]
)
