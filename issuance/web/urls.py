"""The investor's pages of this house."""

from django.urls import URLPattern, URLResolver, path

from issuance.web import certificates, data_room, desk, dividends, offerings, securities, voting

__all__ = ["desk"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("invest/", offerings.invest, name="invest"),
    path("invest/<uuid:offering_id>/", offerings.offering, name="offering"),
    path("invest/<uuid:offering_id>/subscribe/", offerings.subscribe, name="subscribe"),
    path("invest/<uuid:offering_id>/room/", data_room.room, name="data-room"),
    path("invest/<uuid:offering_id>/room/<uuid:paper_id>/", data_room.paper, name="data-room-paper"),
    path("subscriptions/", offerings.subscriptions, name="subscriptions"),
    path("subscriptions/<uuid:subscription_id>/withdraw/", offerings.withdraw, name="subscription-withdraw"),
    path("subscriptions/<uuid:subscription_id>/agreement/", certificates.ask_agreement, name="agreement-ask"),
    path("certificates/", certificates.certificates, name="certificates"),
    path("certificates/<uuid:security_id>/", certificates.ask_holding, name="certificate-ask"),
    path("verify/", certificates.verify, name="verify"),
    path("verify/papers.crt", certificates.signing_certificate, name="papers-certificate"),
    path("verify/<str:number>/", certificates.verify, name="verify-number"),
    path("portfolio/securities/<uuid:security_id>/", securities.security, name="holding"),
    path("dividends/", dividends.received, name="dividends"),
    path("votes/", voting.votes, name="votes"),
    path("votes/<uuid:meeting_id>/", voting.vote, name="vote"),
    path("votes/<uuid:meeting_id>/ballot/", voting.cast, name="vote-cast"),
    path("votes/<uuid:meeting_id>/proxy/", voting.give_proxy, name="vote-proxy"),
    path("votes/<uuid:meeting_id>/bundle.json", voting.bundle, name="vote-bundle"),
    path("votes/proxies/<uuid:number>/revoke/", voting.revoke_proxy, name="proxy-revoke"),
    path("votes/ballots/<uuid:number>/", voting.ballot, name="ballot"),
    path("tokens/<str:identifier>/", securities.token, name="token"),
]
