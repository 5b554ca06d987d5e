import django.db.models.deletion
from django.db import migrations, models

# Many accounts of one purpose in one statement, found or opened: what ledger_open_account does, for a payout.
OPEN_ACCOUNTS = r"""
CREATE FUNCTION ledger_open_accounts(
  owners text[], of_instrument int, for_purpose text, about text
) RETURNS TABLE (owner text, account_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  rights record;
  tail text;
  known int;
BEGIN
  SELECT p.may_go_negative, i.code INTO rights FROM ledger_instrument i
    JOIN ledger_purpose p ON p.kind = i.kind AND p.name = for_purpose WHERE i.id = of_instrument;
  IF rights IS NULL THEN
    RAISE EXCEPTION 'no purpose % for instrument %', for_purpose, of_instrument USING ERRCODE = 'LG005';
  END IF;
  tail := '|' || for_purpose || '|' || about || '|' || rights.code;
  RETURN QUERY SELECT u.one, a.id FROM unnest(owners) AS u(one) JOIN ledger_account a ON a.label = u.one || tail;
  GET DIAGNOSTICS known = ROW_COUNT;
  IF known = cardinality(owners) THEN
    RETURN;
  END IF;
  IF about ~ '[|\s]' OR EXISTS (SELECT FROM unnest(owners) AS u(one) WHERE one IS NULL OR one = '' OR one ~ '[|\s]') THEN
    RAISE EXCEPTION 'an owner or subject is empty or has blanks or bars' USING ERRCODE = 'LG005';
  END IF;
  -- In the order of labels, so that two who open the same accounts at once wait and do not lock each other out.
  WITH missing AS (
    SELECT DISTINCT one, one || tail AS label FROM unnest(owners) AS u(one)
    WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.label = one || tail)),
  made AS (
    INSERT INTO ledger_account (owner, instrument_id, purpose, subject, label, may_go_negative)
    SELECT one, of_instrument, for_purpose, about, label, rights.may_go_negative FROM missing ORDER BY label
    ON CONFLICT (label) DO NOTHING RETURNING id, label)
  INSERT INTO ledger_balance (account_id, posted, reserved, may_go_negative, last_effective_at, label, instrument_id)
    SELECT id, 0, 0, rights.may_go_negative, 'epoch', label, of_instrument FROM made;
  RETURN QUERY SELECT u.one, a.id FROM unnest(owners) AS u(one)
    JOIN ledger_account a ON a.label = u.one || tail;
END $$;
"""


class Migration(migrations.Migration):
    """
    Distributions to a million holders. Entitlements are written by one statement that makes their chunks too and
    never deleted, so no check per row is spent on that; `manage.py verify` looks for strays. The constraint on
    dividend and holder serves the reads of one dividend.
    """

    dependencies = [("issuance", "0010_papers"), ("portal", "0005_ledger")]

    operations = [
        migrations.AlterModelOptions(name="entitlement", options={"ordering": ("dividend", "holder")}),
        migrations.AlterField(
            model_name="entitlement",
            name="dividend",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entitlements",
                to="issuance.dividend",
            ),
        ),
        migrations.AlterField(
            model_name="entitlement",
            name="chunk",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entitlements",
                to="issuance.payoutchunk",
            ),
        ),
        migrations.AlterField(
            model_name="entitlement",
            name="holder",
            field=models.CharField(max_length=64),
        ),
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(fields=["holder"], name="entitlement_by_holder"),
        ),
        migrations.RunSQL(OPEN_ACCOUNTS, "DROP FUNCTION ledger_open_accounts"),
    ]
