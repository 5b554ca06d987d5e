"""Settings refuse what would be dangerous, in a sentence."""

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = Path(__file__).resolve().parent.parent.parent / "portal" / "settings.py"
PRODUCTION = {"PRODUCTION": "1", "SECRET_KEY": "k" * 60, "ALLOWED_HOSTS": "portal.example"}


@pytest.fixture
def settings_with(monkeypatch):
    """Reads the settings afresh in the given environment."""
    for name in ("DEMO_MODE", "PRODUCTION", "SECRET_KEY", "SECRET_KEY_FILE", "ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)

    def read(**environment: str) -> dict:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return read


def test_production_never_offers_sign_in_by_one_click(settings_with):
    with pytest.raises(ImproperlyConfigured, match="cannot be on where PRODUCTION is"):
        settings_with(**PRODUCTION, DEMO_MODE="1")


def test_production_names_its_hosts(settings_with):
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS may not be"):
        settings_with(**{**PRODUCTION, "ALLOWED_HOSTS": "*"})


def test_production_has_a_secret_of_its_own(settings_with):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        settings_with(PRODUCTION="1", ALLOWED_HOSTS="portal.example")


def test_what_is_not_said_to_be_a_demonstration_is_production(settings_with):
    found = settings_with(SECRET_KEY="k" * 60, ALLOWED_HOSTS="portal.example")
    assert (found["PRODUCTION"], found["DEMO_MODE"], found["SESSION_COOKIE_SECURE"]) == (True, False, True)
