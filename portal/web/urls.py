"""The investor's portal."""

from django.urls import URLPattern, URLResolver, include, path

from portal.web import access, cash, home, log, pages, portfolio, proofs, styleguide, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("cash/", cash.cash, name="cash"),
    path("cash/export/", cash.export, name="cash-export"),
    path("activity/", home.activity, name="activity"),
    path("proof/<uuid:transaction_id>/", proofs.proof, name="proof"),
    path("proof/<uuid:transaction_id>/bundle.json", proofs.bundle, name="proof-bundle"),
    path("log/", proofs.checkpoint, name="checkpoint"),
    path("log/checkpoint", proofs.checkpoint_note, name="checkpoint-note"),
    path("log/consistency", log.consistency, name="log-consistency"),
    path("log/key", log.key, name="log-key"),
    path("access/", access.access, name="api-access"),
    path("access/make/", access.make, name="api-access-make"),
    path("access/<uuid:token_id>/revoke/", access.revoke, name="api-access-revoke"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/add/", webhooks.add, name="webhook-add"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/rotate/", webhooks.rotate, name="webhook-rotate"),
    path("webhooks/<uuid:endpoint_id>/act/", webhooks.act, name="webhook-act"),
    path("webhooks/messages/<uuid:delivery_id>/replay/", webhooks.replay, name="webhook-replay"),
    path("more/", pages.more, name="more"),
    path("figures/", pages.figures, name="figures"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("preferences/theme/", pages.theme, name="theme"),
    path("preferences/language/", include("django.conf.urls.i18n")),
    path("", include("investors.web.urls")),
    path("", include("issuance.web.urls")),
    path("", include("indices.web.urls")),
]
