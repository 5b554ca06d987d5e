"""Open Cap Table packages taken in, told as of any day, and written out again."""

import csv
import json
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from referencing import Registry, Resource

from issuance.domain.ocf_replay import replay
from issuance.issuers.models import Issuer
from issuance.ocf import selectors
from issuance.ocf.models import OcfImport
from issuance.ocf.reader import read_path
from issuance.ocf.services import KeptHere, import_package
from issuance.ocf.tables import imported_rows, table_of
from issuance.ocf.writer import write_package
from portal.audit.models import Event
from tests.factories import accounts
from tests.factories.issuance import WORKER, active_security, holders
from tests.factories.ocf import founded

pytestmark = pytest.mark.django_db
TODAY = "2026-11-22"


def ran(command, *args, **options):
    out = StringIO()
    call_command(command, *args, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def put(files, folder):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def schemas():
    """OCF's own schemas: type of an object -> its validator."""
    bodies = [
        json.loads(path.read_text())
        for path in (Path(settings.REFERENCE_DATA) / "ocf/schema").rglob("*.json")
    ]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in bodies])
    found = {}
    for one in bodies:
        kind = one.get("properties", {}).get("object_type", {})
        if "/objects/" in one["$id"] and one.get("additionalProperties") is False:
            for name in kind.get("enum", [kind.get("const")]):
                found[name] = jsonschema.Draft7Validator(one, registry=registry)
    found["MANIFEST"] = jsonschema.Draft7Validator(
        next(one for one in bodies if one["$id"].endswith("/OCFManifestFile.schema.json")), registry=registry
    )
    return found


def valid(files, schemas):
    for name, content in files.items():
        body = json.loads(content)
        if body.get("file_type") == "OCF_MANIFEST_FILE":
            schemas["MANIFEST"].validate(body)
        for item in body.get("items", []):
            schemas[item["object_type"]].validate(item)
        assert name


@pytest.fixture
def company():
    made = founded("ada", "bob")
    made.plan("plan", "1000", "CS")
    made.issue("s1", "ada", "CS", "1000", "2020-01-01")
    made.tx(
        "STOCK_TRANSFER",
        "2021-01-01",
        security_id="s1",
        quantity="250.5",
        resulting_security_ids=["s2"],
        balance_security_id="s3",
    )
    made.issue("s2", "bob", "CS", "250.5", "2021-01-01")
    made.issue("s3", "ada", "CS", "749.5", "2021-01-01")
    made.grant("o1", "bob", "plan", "100", "2021-02-01")
    made.convertible("c1", "bob", "5000.50", "2021-03-01")
    return made


def test_a_package_is_taken_in_and_told_as_of_any_day(company, tmp_path):
    told = ran("import_ocf", company.write(tmp_path / "in"))
    issuer = Issuer.objects.get(legal_name=company.name)
    assert f"Issuer: {issuer.pk}" in told
    now = json.loads(ran("cap_table", issuer=company.name))
    assert now["holdings"] == {"CS": {"ada": "749.5", "bob": "250.5"}}
    assert now["equity_compensation"] == {"plan": {"bob": "100"}}
    assert now["convertibles"] == {"SAFE": {"bob": {"USD": "5000.5"}}}
    assert now["classes"][0] == {
        "security": "CS",
        "name": "CS Stock",
        "authorised": "10000000",
        "outstanding": "1000",
    }
    assert now["pools"] == [{"plan": "plan", "name": "plan", "reserved": "1000", "available": "900"}]
    then = json.loads(ran("cap_table", issuer="acme", as_of="2020-12-31"))
    assert then["holdings"] == {"CS": {"ada": "1000"}}
    assert json.loads(ran("cap_table", issuer=str(issuer.pk), as_of="2019-12-31"))["holdings"] == {}
    rows = list(csv.DictReader(StringIO(ran("cap_table", issuer="acme", format="csv"))))
    assert rows[0]["holder_name"] == "ada Smith"
    assert "ada Smith" in ran("cap_table", issuer="acme", format="table")
    event = Event.objects.get(action="ocf.imported")
    assert "Smith" not in json.dumps(event.facts)


def test_the_same_package_again_changes_nothing_and_a_newer_one_counts(company, tmp_path):
    folder = company.write(tmp_path / "in")
    ran("import_ocf", folder)
    assert "nothing changed" in ran("import_ocf", folder)
    company.tx("STOCK_CANCELLATION", "2022-01-01", security_id="s2", quantity="250.5", reason_text="x")
    ran("import_ocf", company.write(folder))
    assert json.loads(ran("cap_table", issuer="acme"))["holdings"] == {"CS": {"ada": "749.5"}}
    assert OcfImport.objects.count() == 2
    assert Issuer.objects.filter(legal_name=company.name).count() == 1


def test_a_package_with_faults_leaves_nothing_behind(company, tmp_path):
    company.tx("STOCK_CANCELLATION", "2022-01-01", security_id="s2", quantity="999", reason_text="x")
    company.tx("STOCK_CANCELLATION", "2022-01-01", security_id="none", quantity="1", reason_text="x")
    with pytest.raises(CommandError) as refused:
        ran("import_ocf", company.write(tmp_path / "in"))
    assert "2 faults; nothing was imported" in str(refused.value)
    assert "Transactions.ocf.json" in str(refused.value)
    assert not Issuer.objects.filter(legal_name=company.name).exists()
    assert not OcfImport.objects.exists()


def test_what_was_imported_cannot_be_changed_and_names_nobody_at_rest(company, tmp_path):
    ran("import_ocf", company.write(tmp_path / "in"))
    for table in ("issuance_ocfimport", "issuance_ocfobject"):
        for sql in (f"UPDATE {table} SET sha256 = repeat('0', 64)", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM issuance_ocfobject WHERE body LIKE '%Smith%'")
        assert cursor.fetchone() == (0,)
    assert selectors.changed_objects(OcfImport.objects.get().pk) == []


def test_an_export_is_what_came_in_and_every_item_is_valid(company, tmp_path, schemas, now):
    ran("import_ocf", company.write(tmp_path / "in"))
    ran("export_ocf", tmp_path / "out", issuer="acme")
    before, after = (read_path(tmp_path / name, today=TODAY) for name in ("in", "out"))
    assert after.faults == after.notes == ()
    assert after.sha256 == before.sha256
    assert [item.body for item in after.package.items] == [item.body for item in before.package.items]
    valid({one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()}, schemas)
    ran("export_ocf", tmp_path / "out.zip", issuer="acme")
    assert read_path(tmp_path / "out.zip", today=TODAY).sha256 == before.sha256
    with pytest.raises(CommandError, match="not empty"):
        ran("export_ocf", tmp_path / "out", issuer="acme")


def test_the_register_is_exported_and_read_back_to_the_last_share(now, tmp_path, schemas):
    made = active_security(at=now, scale=2)
    people = holders(made, 75_00, 25_50, at=now)
    files = write_package(made.issuer.id, at=now)
    valid(files, schemas)
    types = [one["stakeholder_type"] for one in json.loads(files["PortalStakeholders.ocf.json"])["items"]]
    assert types == ["INDIVIDUAL", "INDIVIDUAL"]
    found = read_path(put(files, tmp_path / "out"), today=now.date().isoformat())
    assert [str(one) for one in found.faults] == []
    rows = imported_rows(found.package, replay(found.package))
    assert {(row.holder, row.quantity) for row in rows} == {
        (str(people[0].investor.id), "75"),
        (str(people[1].investor.id), "25.5"),
    }
    with pytest.raises(KeptHere):
        import_package(reading=found, actor=WORKER, at=now)
    assert not OcfImport.objects.exists()


def test_history_and_register_stand_side_by_side(company, tmp_path, now):
    made = active_security(at=now, scale=0)
    ran("import_ocf", company.write(tmp_path / "in"), issuer=str(made.issuer.id))
    (one,) = holders(made, 5, at=now)
    table = table_of(made.issuer.id)
    assert {(row.security, row.holder, row.quantity) for row in table.of("stock")} == {
        ("CS", "ada", "749.5"),
        ("CS", "bob", "250.5"),
        (made.security.code, one.owner, "5"),
    }
    assert accounts.SETUP


# --- random histories

_DAYS = [f"20{year:02d}-{month:02d}-15" for year in range(10, 25) for month in range(1, 13)]


def move(draw, made, open_, what, people, step, day):
    """One thing happens to a security that is open: `open_` is name -> [holder, class, shares]."""
    name = draw(st.sampled_from(sorted(open_)))
    who, kind, size = open_.pop(name)
    part = draw(st.integers(1, size))
    balance = {}
    if what != "retract" and part < size:
        if draw(st.booleans()):
            balance = {"balance_security_id": f"b{step}"}
            made.issue(f"b{step}", who, kind, str(size - part), day)
            open_[f"b{step}"] = [who, kind, size - part]
        elif what != "convert":
            open_[name] = [who, kind, size - part]
        else:
            part = size
    if what == "transfer":
        heir = draw(st.sampled_from(people))
        made.tx(
            "STOCK_TRANSFER",
            day,
            security_id=name,
            quantity=str(part),
            resulting_security_ids=[f"r{step}"],
            **balance,
        )
        made.issue(f"r{step}", heir, kind, str(part), day)
        open_[f"r{step}"] = [heir, kind, part]
    elif what == "cancel":
        made.tx(
            "STOCK_CANCELLATION",
            day,
            security_id=name,
            quantity=str(part),
            reason_text="x",
            **balance,
        )
    elif what == "repurchase":
        price = {"amount": "1", "currency": "USD"}
        made.tx("STOCK_REPURCHASE", day, security_id=name, quantity=str(part), price=price, **balance)
    elif what == "retract":
        made.tx("STOCK_RETRACTION", day, security_id=name, reason_text="x")
    else:
        made.tx(
            "STOCK_CONVERSION",
            day,
            security_id=name,
            quantity_converted=str(part),
            resulting_security_ids=[f"r{step}"],
            **balance,
        )
        made.issue(f"r{step}", who, "CS", str(part * 3), day)
        open_[f"r{step}"] = [who, "CS", part * 3]


@st.composite
def histories(draw):
    """A random history and what each holder has at its end, kept by plain sums."""
    people = ["p0", "p1", "p2"]
    made = founded(*people)
    made.stock_class("PS")
    books, open_ = {}, {}
    for step, day in enumerate(_DAYS[: draw(st.integers(3, 25))]):
        what = draw(
            st.sampled_from(["issue", "transfer", "cancel", "repurchase", "convert", "split", "retract"])
        )
        if what == "issue" or not open_:
            who, kind = draw(st.sampled_from(people)), draw(st.sampled_from(["CS", "PS"]))
            size = draw(st.integers(1, 1000))
            made.issue(f"s{step}", who, kind, str(size), day)
            open_[f"s{step}"] = [who, kind, size]
        elif what == "split":
            kind = draw(st.sampled_from(["CS", "PS"]))
            made.tx(
                "STOCK_CLASS_SPLIT",
                day,
                stock_class_id=kind,
                split_ratio={"numerator": "2", "denominator": "1"},
            )
            for one in open_.values():
                one[2] *= 2 if one[1] == kind else 1
        else:
            move(draw, made, open_, what, people, step, day)
        totals = {}
        for who, kind, size in open_.values():
            totals.setdefault(kind, {}).setdefault(who, 0)
            totals[kind][who] += size
        books[day] = {kind: {who: str(size) for who, size in held.items()} for kind, held in totals.items()}
    return made, books


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories())
def test_any_history_is_told_as_plain_sums_tell_it_and_comes_back_the_same(tmp_path_factory, now, history):
    made, books = history
    folder = made.write(tmp_path_factory.mktemp("ocf"))
    reading = read_path(folder, today=TODAY)
    assert [str(one) for one in reading.faults] == []
    with transaction.atomic():
        issuer = import_package(reading=reading, actor=WORKER, at=now).issuer_id
        for day, wanted in books.items():
            rows = imported_rows(
                reading.package, replay(selectors.package(selectors.latest(issuer).id), until=day)
            )
            found = {}
            for row in rows:
                found.setdefault(row.security, {})[row.holder] = row.quantity
            assert found == wanted
        again = read_path(put(write_package(issuer, at=now), folder / "out"), today=TODAY)
        assert again.sha256 == reading.sha256
        transaction.set_rollback(True)
