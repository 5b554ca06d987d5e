"""What the libraries we load may not change in the interpreter that serves strangers."""

import os
import subprocess
import sys


def test_no_library_raises_the_limit_of_recursion():
    """With a higher one, deeply nested JSON from outside ends the process instead of being refused."""
    load = (
        "import django; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "from portal.celery import app; app.loader.import_default_modules()\n"
        "import eth_keys, sys; print(sys.getrecursionlimit())"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    ran = subprocess.run(
        [sys.executable, "-c", load], env=environment, capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) <= 1_000
