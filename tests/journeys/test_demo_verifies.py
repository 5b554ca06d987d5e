"""The demonstration, lived whole, leaves nothing that `verify` would have to name."""

import pytest
from django.core.management import call_command

from portal.management.commands.verify import PARTS

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_after_the_demonstration_everything_agrees(capsys):
    call_command("demo", "--investors", "10")
    capsys.readouterr()
    call_command("verify")
    told = capsys.readouterr().out
    assert "Everything agrees." in told
    assert told.count("… ok") == len(PARTS)
