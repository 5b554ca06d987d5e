"""docs/api.md as a newcomer follows it: every block, in one shell, against a running portal."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from portal.access import services
from portal.access.selectors import SCOPES
from tests.factories import accounts, books
from tests.factories.issuance import active_security

pytestmark = pytest.mark.slow
PAGE = Path(settings.BASE_DIR) / "docs" / "api.md"


def blocks():
    return re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def shell(web_server, tmp_path, now):
    """The environment that the page asks for, and a folder of its own."""
    mara = books.owner(now, name="Mara Lindqvist")
    books.deposit(mara.owner, 100_00, now)
    books.deposit(mara.owner, 50_00, timezone.now())
    issued = active_security(at=timezone.now())
    token = services.make_token(
        user_id=mara.user.id, name="Quick start", scopes=set(SCOPES) - {"read:holdings"}, days=1,
        actor=accounts.actor(mara.user), at=timezone.now(),
    )  # fmt: skip
    client = services.make_client(
        organisation_id=issued.issuer.id, name="Quick start", scopes=["read:cap-table"], actor=accounts.SETUP,
        at=timezone.now(),
    )  # fmt: skip
    environment = os.environ | {
        "PORTAL": web_server, "TOKEN": token.secret, "CLIENT_ID": client.client.client_id,
        "CLIENT_SECRET": client.secret, "ISSUER": str(issued.issuer.id),
    }  # fmt: skip

    def run(block):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )  # fmt: skip

    return run


EXPECTED = [
    '"name":"Mara Lindqvist"',
    '"code":"scope-missing"',
    'rel="next"',
    "304",
    '"code":"no-such-offering"',
    '"default";q=600;w=60',
    '"classes":',
]


def test_each_block_of_the_page_does_what_it_says(shell):
    found = blocks()
    assert len(found) == len(EXPECTED)
    for block, expected in zip(found, EXPECTED, strict=True):
        done = shell(block)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        assert expected in done.stdout.replace(": ", ":"), f"{block}\n{done.stdout}"


def test_every_scope_stands_in_the_page():
    page = PAGE.read_text()
    assert [scope for scope in SCOPES if f"`{scope}`" not in page] == []
