"""The API of this house."""

from django.urls import URLPattern, URLResolver, path

from investors.api import identity, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("investors/me", views.Me.as_view(), name="api-investor-me"),
    path("investors/me/kyc", views.Kyc.as_view(), name="api-investor-kyc"),
    path("investors/me/accreditation", views.Accreditation.as_view(), name="api-investor-accreditation"),
    path("investors/<uuid:investor_id>", views.Investor.as_view(), name="api-investor"),
    path("identity-provider/messages", identity.Messages.as_view(), name="api-identity-provider-messages"),
    path("deposits", views.Deposits.as_view(), name="api-deposits"),
    path("bank-accounts", views.BankAccounts.as_view(), name="api-bank-accounts"),
    path("withdrawals", views.Withdrawals.as_view(), name="api-withdrawals"),
    path("withdrawals/<uuid:withdrawal_id>", views.Withdrawal.as_view(), name="api-withdrawal"),
]
