"""/accounts/: sign-in, factors, sessions. Most pages are allauth's, in our templates."""

from django.urls import URLPattern, URLResolver, include, path

from portal.accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("demo-sign-in/", views.demo_sign_in, name="demo_sign_in"),
    path("second-factor/", views.second_factor, name="second_factor"),
    path("sessions/<int:session_id>/end/", views.end_session, name="end_session"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
