"""Open Cap Table histories, replayed: every kind of transaction, and every fault with its file and object."""

import io
import json
import zipfile

import pytest

from issuance.domain.ocf_objects import number, written
from issuance.domain.ocf_replay import replay
from issuance.ocf.containers import MAX_TOTAL_BYTES, NotReadable, TooLarge
from issuance.ocf.reader import parse, read_path, read_upload
from tests.factories.ocf import Company, founded

TODAY = "2026-11-22"


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def reading(company):
    return read_upload("x.zip", zipped(company.files()), today=TODAY)


def held(company, until="9999-12-31", kind="stock"):
    found = reading(company)
    assert [str(one) for one in found.faults] == []
    totals = {}
    for one in replay(found.package, until=until).held(kind):
        key = (one.class_id, one.holder)
        totals[key] = totals.get(key, 0) + (one.quantity or 0)
    return {key: written(size) for key, size in totals.items()}


def faults(company):
    return [str(one) for one in reading(company).faults]


@pytest.mark.parametrize(
    ("text", "back"),
    [("1", "1"), ("+10000000.00", "10000000"), ("-0.5", "-0.5"), ("0.0000000001", "0.0000000001")],
)
def test_numbers_are_exact(text, back):
    assert written(number(text)) == back


@pytest.mark.parametrize(
    "text", ["NaN", "1e5", "", "1.", ".5", "1.00000000001", "٣", " 1", "Infinity", 5, None, 1.5]
)
def test_what_is_no_number_is_none(text):
    assert number(text) is None


def test_a_part_is_transferred_and_the_balance_stays():
    one = founded("ada", "bob")
    one.issue("s1", "ada", "CS", "1000.5", "2020-01-01")
    one.tx(
        "STOCK_TRANSFER",
        "2020-02-01",
        security_id="s1",
        quantity="400.25",
        resulting_security_ids=["s2"],
        balance_security_id="s3",
    )
    one.issue("s2", "bob", "CS", "400.25", "2020-02-01")
    one.issue("s3", "ada", "CS", "600.25", "2020-02-01")
    assert held(one, "2020-01-31") == {("CS", "ada"): "1000.5"}
    assert held(one) == {("CS", "bob"): "400.25", ("CS", "ada"): "600.25"}


def test_without_a_balance_what_is_left_stays_with_the_security():
    one = founded("ada")
    one.issue("s1", "ada", "CS", "1000", "2020-01-01")
    one.tx(
        "STOCK_REPURCHASE",
        "2020-02-01",
        security_id="s1",
        quantity="300",
        price={"amount": "1", "currency": "USD"},
    )
    one.tx("STOCK_CANCELLATION", "2020-03-01", security_id="s1", quantity="200", reason_text="x")
    assert held(one) == {("CS", "ada"): "500"}


def test_a_retraction_ends_a_security_and_a_reissuance_replaces_it():
    one = founded("ada", "bob")
    one.issue("s1", "ada", "CS", "10", "2020-01-01")
    one.tx("STOCK_RETRACTION", "2020-02-01", security_id="s1", reason_text="x")
    one.issue("s2", "bob", "CS", "10", "2020-01-01")
    one.tx("STOCK_REISSUANCE", "2020-03-01", security_id="s2", resulting_security_ids=["s3"])
    one.issue("s3", "bob", "CS", "10", "2020-03-01")
    assert held(one) == {("CS", "bob"): "10"}


def test_a_split_multiplies_what_is_there_and_not_what_comes_later():
    one = founded("ada", "bob")
    one.issue("s1", "ada", "CS", "3", "2020-01-01")
    one.tx(
        "STOCK_CLASS_SPLIT",
        "2020-02-01",
        id="sp",
        stock_class_id="CS",
        split_ratio={"numerator": "3", "denominator": "2"},
    )
    one.issue("s2", "bob", "CS", "3", "2020-02-02")
    assert held(one, "2020-01-31") == {("CS", "ada"): "3"}
    assert held(one) == {("CS", "ada"): "4.5", ("CS", "bob"): "3"}


def test_a_split_by_reissuance_is_not_counted_twice():
    one = founded("ada")
    one.issue("s1", "ada", "CS", "100", "2020-01-01")
    one.tx(
        "STOCK_CLASS_SPLIT",
        "2020-02-01",
        id="sp",
        stock_class_id="CS",
        split_ratio={"numerator": "2", "denominator": "1"},
    )
    one.tx(
        "STOCK_REISSUANCE",
        "2020-02-01",
        security_id="s1",
        resulting_security_ids=["s2"],
        split_transaction_id="sp",
    )
    one.issue("s2", "ada", "CS", "200", "2020-02-01")
    assert held(one) == {("CS", "ada"): "200"}
    one.items[-1], one.items[-3] = one.items[-3], one.items[-1]
    assert held(one) == {("CS", "ada"): "200"}


def test_stock_converts_into_another_class():
    one = founded("ada")
    one.stock_class("PS")
    one.issue("p1", "ada", "PS", "100", "2020-01-01")
    one.tx(
        "STOCK_CONVERSION",
        "2020-02-01",
        security_id="p1",
        quantity_converted="40",
        resulting_security_ids=["c1"],
        balance_security_id="p2",
    )
    one.issue("c1", "ada", "CS", "80", "2020-02-01")
    one.issue("p2", "ada", "PS", "60", "2020-02-01")
    assert held(one) == {("CS", "ada"): "80", ("PS", "ada"): "60"}


@pytest.mark.parametrize("legacy", [False, True])
def test_options_are_granted_exercised_and_cancelled_and_the_pool_knows(legacy):
    family = "PLAN_SECURITY" if legacy else "EQUITY_COMPENSATION"
    one = founded("ada")
    one.plan("plan", "1000", "CS", default_cancellation_behavior="RETURN_TO_POOL")
    one.grant("o1", "ada", "plan", "600", "2020-01-01", legacy=legacy)
    one.tx(
        f"{family}_EXERCISE", "2021-01-01", security_id="o1", quantity="100", resulting_security_ids=["s1"]
    )
    one.issue("s1", "ada", "CS", "100", "2021-01-01", stock_plan_id="plan")
    one.tx(f"{family}_CANCELLATION", "2021-02-01", security_id="o1", quantity="200", reason_text="left")
    assert held(one, kind="equity_compensation") == {("plan", "ada"): "300"}
    assert held(one) == {("CS", "ada"): "100"}
    assert written(replay(reading(one).package).pools["plan"].available) == "600"


def test_convertibles_convert_and_warrants_are_exercised():
    one = founded("ada")
    one.convertible("c1", "ada", "50000", "2020-01-01")
    one.tx(
        "CONVERTIBLE_CONVERSION",
        "2021-01-01",
        security_id="c1",
        trigger_id="next",
        reason_text="round",
        resulting_security_ids=["s1"],
    )
    one.issue("s1", "ada", "CS", "77", "2021-01-01")
    assert held(one, "2020-12-31", kind="convertible") == {("", "ada"): "50000"}
    assert held(one, kind="convertible") == {}
    assert held(one) == {("CS", "ada"): "77"}


# --- faults


def test_more_than_is_held_cannot_leave():
    one = founded("ada", "bob")
    one.issue("s1", "ada", "CS", "10", "2020-01-01")
    made = one.tx(
        "STOCK_TRANSFER", "2020-02-01", security_id="s1", quantity="11", resulting_security_ids=["s2"]
    )
    one.issue("s2", "bob", "CS", "11", "2020-02-01")
    assert faults(one) == [f"Transactions.ocf.json, {made['id']}: s1 has 10; 11 cannot leave it."]


def test_more_than_is_authorised_cannot_be_outstanding():
    one = founded("ada", authorised="100")
    one.issue("s1", "ada", "CS", "60", "2020-01-01")
    one.issue("s2", "ada", "CS", "60", "2020-01-02")
    (told,) = faults(one)
    assert "120 of the class CS would be outstanding; 100 are authorised." in told
    one.tx(
        "STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
        "2020-01-02",
        stock_class_id="CS",
        new_shares_authorized="120",
    )
    assert faults(one) == []


def test_references_lead_somewhere_and_ids_stand_once():
    one = founded("ada", "ada")
    one.issue("s1", "nobody", "XS", "1", "2020-01-01", stock_plan_id="none")
    one.issue("s1", "ada", "CS", "1", "2020-01-01")
    one.tx("STOCK_CANCELLATION", "2020-01-02", security_id="s9", quantity="1", reason_text="x")
    told = "\n".join(faults(one))
    for part in ("given twice", "'nobody'", "'XS'", "'none'", "s1 is issued twice", "'s9'"):
        assert part in told


def test_dates_stand_in_order():
    one = founded("ada", "bob")
    one.issue("s1", "ada", "CS", "10", "2020-03-01")
    one.tx("STOCK_CANCELLATION", "2020-01-02", security_id="s1", quantity="1", reason_text="x")
    one.issue("s2", "ada", "CS", "10", "2020-03-01")
    one.tx("STOCK_TRANSFER", "2020-05-01", security_id="s2", quantity="10", resulting_security_ids=["s3"])
    one.issue("s3", "bob", "CS", "10", "2020-04-01")
    one.issue("s4", "bob", "CS", "10", "2030-04-01")
    told = "\n".join(faults(one))
    assert "dated 2020-01-02, before s1 is issued on 2020-03-01" in told
    assert "issued before that, on 2020-04-01" in told
    assert "after today" in told


def test_what_leaves_arrives():
    one = founded("ada", "bob")
    one.issue("s1", "ada", "CS", "10", "2020-01-01")
    one.tx(
        "STOCK_TRANSFER",
        "2020-02-01",
        security_id="s1",
        quantity="4",
        resulting_security_ids=["s2"],
        balance_security_id="s3",
    )
    one.issue("s2", "bob", "CS", "5", "2020-02-01")
    one.issue("s3", "ada", "CS", "5", "2020-02-01")
    told = "\n".join(faults(one))
    assert "4 leave and 5 arrive" in told
    assert "6 are left; the balance s3 has 5" in told


@pytest.mark.parametrize("quantity", ["-5", "NaN", "1e3", "", 5, 5.5, None, "0"])
def test_quantities_are_numbers_above_zero(quantity):
    one = founded("ada")
    one.issue("s1", "ada", "CS", quantity, "2020-01-01")
    assert any("quantity" in told for told in faults(one))


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files.update({"Stakeholders.ocf.json": b"\xff\xfe"}),
        lambda files: files.update(
            {"Stakeholders.ocf.json": b'{"file_type": "OCF_STAKEHOLDERS_FILE", "items": [NaN]}'}
        ),
        lambda files: files.update({"Stakeholders.ocf.json": b"["}),
        lambda files: files.update({"Stakeholders.ocf.json": b"[" * 100_000}),
        lambda files: files.update({"Stakeholders.ocf.json": b"[]"}),
        lambda files: files.update({"Stakeholders.ocf.json": b'{"a": 1, "a": 2}'}),
        lambda files: files.update({"Stakeholders.ocf.json": b'["\\ud800"]'}),
        lambda files: files.pop("Stakeholders.ocf.json"),
    ],
)
def test_a_broken_file_is_named(change):
    files = founded("ada").files()
    change(files)
    told = [str(one) for one in read_upload("x.zip", zipped(files), today=TODAY).faults]
    assert told and any("Stakeholders.ocf.json" in one for one in told)


def test_unknown_types_and_fields_are_named():
    one = founded("ada")
    one.add("TX_STOCK_CONSOLIDATION", date="2020-01-01")
    one.items[0]["shoe_size"] = "9"
    told = "\n".join(faults(one))
    assert "'TX_STOCK_CONSOLIDATION' is no type of object" in told
    assert "shoe_size: OCF 1.2.0 has no such field" in told


def test_a_zip_bomb_is_not_unpacked():
    with pytest.raises(TooLarge, match="bytes"):
        read_upload("x.zip", zipped({"Manifest.ocf.json": b" " * (MAX_TOTAL_BYTES + 1)}), today=TODAY)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}", b"\xff"])
def test_what_is_no_package_is_refused(content):
    with pytest.raises(NotReadable):
        read_upload("x", content, today=TODAY)


def test_a_file_outside_the_package_is_not_read(tmp_path):
    (tmp_path / "secret.json").write_text("{}")
    folder = founded("ada").write(tmp_path / "in")
    body = json.loads((folder / "Manifest.ocf.json").read_text())
    body["stakeholders_files"][0]["filepath"] = "../secret.json"
    (folder / "Manifest.ocf.json").write_text(json.dumps(body))
    assert any("no file '../secret.json'" in str(one) for one in read_path(folder, today=TODAY).faults)


def test_folder_zip_manifest_and_list_read_the_same(tmp_path):
    made = founded("ada")
    made.issue("s1", "ada", "CS", "1", "2020-01-01")
    folder = made.write(tmp_path / "in")
    (tmp_path / "one.json").write_text(json.dumps([json.loads(content) for content in made.files().values()]))
    (tmp_path / "x.zip").write_bytes(
        zipped({f"top/{name}": content for name, content in made.files().items()})
    )
    hashes = {
        read_path(path, today=TODAY).sha256
        for path in (folder, folder / "Manifest.ocf.json", tmp_path / "x.zip", tmp_path / "one.json")
    }
    assert len(hashes) == 1
    assert "" not in hashes


def test_json_numbers_keep_to_json():
    assert parse(b'{"a": "\xc3\xa9"}') == {"a": "\u00e9"}
    assert isinstance(Company().files(), dict)


def test_vesting_may_have_begun_before_the_grant():
    one = founded("ada")
    one.plan("plan", "100", "CS")
    one.add(
        "VESTING_TERMS",
        id="terms",
        name="n",
        description="d",
        allocation_type="CUMULATIVE_ROUNDING",
        vesting_conditions=[
            {
                "id": "start",
                "quantity": "0",
                "trigger": {"type": "VESTING_START_DATE"},
                "next_condition_ids": [],
            }
        ],
    )
    one.grant("o1", "ada", "plan", "10", "2021-01-01")
    one.items[-1]["vesting_terms_id"] = "terms"
    one.tx("VESTING_START", "2020-01-01", security_id="o1", vesting_condition_id="start")
    assert faults(one) == []
    one.items[-1]["vesting_condition_id"] = "other"
    assert any("have no condition 'other'" in told for told in faults(one))


def test_more_than_the_pool_cannot_be_granted():
    one = founded("ada")
    one.plan("plan", "100", "CS")
    one.grant("o1", "ada", "plan", "60", "2021-01-01")
    one.grant("o2", "ada", "plan", "60", "2021-01-02")
    (told,) = faults(one)
    assert "120 would be granted from the plan plan; 100 are reserved." in told
    one.tx("STOCK_PLAN_POOL_ADJUSTMENT", "2021-01-02", stock_plan_id="plan", shares_reserved="120")
    assert faults(one) == []


def test_what_a_class_has_outstanding_is_kept_through_a_split():
    one = founded("ada")
    one.issue("s1", "ada", "CS", "10", "2020-01-01")
    one.tx(
        "STOCK_CLASS_SPLIT",
        "2020-02-01",
        stock_class_id="CS",
        split_ratio={"numerator": "1", "denominator": "3"},
    )
    one.tx("STOCK_CANCELLATION", "2020-03-01", security_id="s1", quantity="1", reason_text="x")
    found = replay(reading(one).package)
    assert written(found.outstanding["CS"]) == "2.3333333333"
    assert found.holdings["s1"].quantity == found.outstanding["CS"]


def test_a_warrant_without_a_number_is_held_and_transferred_whole():
    one = founded("ada", "bob")
    for name, who, day in (("w1", "ada", "2020-01-01"), ("w2", "bob", "2020-02-01")):
        one.tx(
            "WARRANT_ISSUANCE",
            day,
            security_id=name,
            custom_id=name,
            stakeholder_id=who,
            purchase_price={"amount": "1", "currency": "USD"},
            exercise_triggers=[
                {
                    "trigger_id": "any",
                    "type": "ELECTIVE_AT_WILL",
                    "conversion_right": {
                        "type": "WARRANT_CONVERSION_RIGHT",
                        "conversion_mechanism": {
                            "type": "FIXED_AMOUNT_CONVERSION",
                            "converts_to_quantity": "5",
                        },
                        "converts_to_stock_class_id": "CS",
                    },
                }
            ],
            security_law_exemptions=[],
        )
    one.tx("WARRANT_TRANSFER", "2020-02-01", security_id="w1", quantity="5", resulting_security_ids=["w2"])
    assert faults(one) == []
    assert [kept.holder for kept in replay(reading(one).package).held("warrant")] == ["bob"]
