"""
The yardstick from outside: django-hordak's `transfer_to`, in an environment of its own (requirements-bench.txt).

    python -m tests.benchmarks.hordak_client postgres://user@/database?host=/socket

Reads "<clients> <seconds>" lines and answers each with the rate in transactions per second.
"""

import random
import sys

import dj_database_url
import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tests.benchmarks.clients import Clients, Work

ACCOUNTS = 1_000


def configure(url: str) -> None:
    """A project with nothing but hordak in it."""
    settings.configure(
        DATABASES={"default": {**dj_database_url.parse(url), "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        SECRET_KEY="only here",
        DEFAULT_CURRENCY="USD",
        CURRENCIES=["USD"],
        HORDAK_DECIMAL_PLACES=2,
        HORDAK_MAX_DIGITS=13,
    )
    django.setup()


def main() -> None:
    """Tables, accounts, clients; then slice after slice."""
    configure(sys.argv[1])
    models = __import__("hordak.models", fromlist=["Account"])
    money = __import__("moneyed").Money
    call_command("migrate", verbosity=0)
    for number in range(ACCOUNTS):
        models.Account.objects.create(
            name=f"Account {number}", code=str(number), type="LI", currencies=["USD"]
        )
    accounts = list(models.Account.objects.all())
    connections.close_all()

    def make_work(number: int) -> Work:
        chance = random.Random(number)
        one = money("1.00", "USD")

        def work() -> None:
            source, target = chance.sample(accounts, 2)
            source.transfer_to(target, one)

        return work

    clients = Clients(make_work, 8)
    print("ready", flush=True)
    for line in sys.stdin:
        count, seconds = line.split()
        print(clients.rate(int(count), float(seconds)), flush=True)
    clients.stop()


if __name__ == "__main__":
    main()
