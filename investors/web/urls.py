"""Pages of an investor about himself."""

from django.urls import URLPattern, URLResolver, path

from investors.web import accreditation, cash, desk, documents, onboarding, wallets, your_data

urlpatterns: list[URLPattern | URLResolver] = [
    path("profile/", onboarding.profile, name="profile"),
    path("onboarding/", onboarding.status, name="onboarding"),
    path("onboarding/people/", onboarding.people, name="related-persons"),
    path("onboarding/people/<uuid:person_id>/end/", onboarding.end_person, name="related-person-end"),
    path("onboarding/documents/", onboarding.documents, name="onboarding-documents"),
    path("onboarding/submit/", onboarding.submit, name="onboarding-submit"),
    path("onboarding/message/", onboarding.say, name="onboarding-message"),
    path("accreditation/", accreditation.accreditation, name="accreditation"),
    path("accreditation/ask/", accreditation.ask, name="accreditation-ask"),
    path("accreditation/evidence/", accreditation.evidence, name="accreditation-evidence"),
    path("accreditation/confirm/", accreditation.represent, name="accreditation-confirm"),
    path("accreditation/submit/", accreditation.submit, name="accreditation-submit"),
    path("accreditation/withdraw/", accreditation.withdraw, name="accreditation-withdraw"),
    path("wallets/", wallets.wallets, name="wallets"),
    path("wallets/<uuid:challenge_id>/sign/", wallets.sign, name="wallet-sign"),
    path("wallets/<uuid:wallet_id>/retire/", wallets.retire, name="wallet-retire"),
    path("data/", your_data.your_data, name="your-data"),
    path("data/export/", your_data.ask_export, name="data-export-ask"),
    path("data/exports/<uuid:export_id>/", your_data.download_export, name="data-export"),
    path("data/close/", your_data.close, name="closure-ask"),
    path("data/keep-open/", your_data.keep_open, name="closure-withdraw"),
    path("documents/", documents.documents, name="documents"),
    path("cash/deposit/", cash.deposit, name="cash-deposit"),
    path("cash/accounts/<str:currency>/open/", cash.open_account, name="cash-account-open"),
    path("cash/bank-accounts/", cash.accounts, name="bank-accounts"),
    path("cash/bank-accounts/<uuid:bank_account_id>/retire/", cash.retire, name="bank-account-retire"),
    path("cash/withdraw/", cash.withdraw, name="cash-withdraw"),
    path("cash/withdrawals/<uuid:withdrawal_id>/cancel/", cash.cancel, name="withdrawal-cancel"),
]
TASKS = (desk.onboarding_tasks,)
"""Importing the sources registers them on the home page."""
