from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

HERE = Path(__file__).parent
FUNCTIONS = (HERE / "ledger_functions.sql").read_text() + (HERE / "ledger_post_many.sql").read_text()

# The chart of purposes: kind of instrument, purpose, may the balance go below zero.
PURPOSES = [
    ("cash", "cash", False),
    ("cash", "escrow", False),
    ("cash", "bank", True),
    ("cash", "payout", False),
    ("cash", "withholding", False),
    ("cash", "residue", False),
    ("cash", "fees", False),
    ("cash", "suspense", False),
    ("cash", "unclaimed", False),
    ("security", "issued", True),
    ("security", "holding", False),
    ("security", "treasury", False),
    ("index_unit", "issued", True),
    ("index_unit", "holding", False),
    ("crypto", "market", True),
    ("crypto", "holding", False),
]
RECORDS = (
    "ledger_instrument",
    "ledger_purpose",
    "ledger_account",
    "ledger_transaction",
    "ledger_entry",
    "ledger_reservation",
    "ledger_reservation_end",
)
TIGHTEN = """
ALTER TABLE ledger_transaction ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE ledger_transaction ALTER COLUMN id SET GENERATED ALWAYS;
ALTER TABLE ledger_entry ALTER COLUMN id SET GENERATED ALWAYS;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_whole CHECK (amount <> 0 AND amount <> 'NaN');
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_after CHECK (balance_after <> 'NaN');
ALTER TABLE ledger_balance ADD CONSTRAINT ledger_balance_number CHECK (posted <> 'NaN' AND reserved <> 'NaN');
ALTER TABLE ledger_balance SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
"""
TRIGGERS = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"""
    for table in RECORDS
) + """
CREATE TRIGGER ledger_balance_no_delete BEFORE DELETE ON ledger_balance
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_balance_no_truncate BEFORE TRUNCATE ON ledger_balance
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER ledger_transaction_check AFTER INSERT ON ledger_transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_check();
CREATE TRIGGER ledger_entry_same_transaction AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_same_transaction();
"""
SEED = "INSERT INTO ledger_purpose (kind, name, may_go_negative) VALUES " + ", ".join(
    f"('{kind}', '{name}', {str(negative).lower()})" for kind, name, negative in PURPOSES
) + ";"


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_idempotency")]

    operations = [
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reservation_id', models.UUIDField(unique=True)),
                ('key', models.CharField(max_length=200, unique=True)),
                ('amount', models.DecimalField(decimal_places=0, max_digits=38)),
                ('reference', models.CharField(max_length=120)),
                ('event', models.BigIntegerField()),
                ('reserved_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'ledger_reservation',
            },
        ),
        migrations.CreateModel(
            name='Instrument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64, unique=True)),
                ('kind', models.CharField(max_length=16)),
                ('scale', models.SmallIntegerField()),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'db_table': 'ledger_instrument',
                'constraints': [models.CheckConstraint(condition=models.Q(('scale__gte', 0), ('scale__lte', 18)), name='ledger_scale_0_to_18')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=80)),
                ('purpose', models.CharField(max_length=16)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('label', models.CharField(max_length=260, unique=True)),
                ('may_go_negative', models.BooleanField()),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.instrument')),
            ],
            options={
                'db_table': 'ledger_account',
            },
        ),
        migrations.CreateModel(
            name='Purpose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16)),
                ('name', models.CharField(max_length=16)),
                ('may_go_negative', models.BooleanField()),
            ],
            options={
                'db_table': 'ledger_purpose',
                'constraints': [models.UniqueConstraint(fields=('kind', 'name'), name='ledger_purpose_once')],
            },
        ),
        migrations.CreateModel(
            name='ReservationEnd',
            fields=[
                ('reservation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='portal.reservation')),
                ('settled', models.DecimalField(decimal_places=0, max_digits=38)),
                ('event', models.BigIntegerField()),
                ('ended_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'ledger_reservation_end',
            },
        ),
        migrations.AddField(
            model_name='reservation',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='portal.account'),
        ),
        migrations.CreateModel(
            name='Transaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transaction_id', models.UUIDField(unique=True)),
                ('key', models.CharField(max_length=200)),
                ('kind', models.CharField(max_length=64)),
                ('reference', models.CharField(max_length=120)),
                ('memo', models.CharField(blank=True, max_length=400)),
                ('body_hash', models.BinaryField()),
                ('entry_count', models.IntegerField()),
                ('event', models.BigIntegerField(unique=True)),
                ('effective_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'ledger_transaction',
                'indexes': [models.Index(fields=['reference'], name='ledger_tx_by_reference')],
                'constraints': [models.CheckConstraint(condition=models.Q(('entry_count__gte', 2)), name='ledger_two_entries'), models.UniqueConstraint(fields=('key',), name='ledger_transaction_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=0, max_digits=38)),
                ('balance_after', models.DecimalField(decimal_places=0, max_digits=38)),
                ('effective_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='portal.account')),
                ('instrument', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.instrument')),
                ('transaction', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='portal.transaction')),
            ],
            options={
                'db_table': 'ledger_entry',
            },
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='balance', serialize=False, to='portal.account')),
                ('posted', models.DecimalField(decimal_places=0, max_digits=38)),
                ('reserved', models.DecimalField(decimal_places=0, max_digits=38)),
                ('may_go_negative', models.BooleanField()),
                ('last_effective_at', models.DateTimeField()),
                ('label', models.CharField(max_length=260)),
                ('instrument', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.instrument')),
            ],
            options={
                'db_table': 'ledger_balance',
                'constraints': [models.CheckConstraint(condition=models.Q(('may_go_negative', True), ('posted__gte', models.F('reserved')), _connector='OR'), name='ledger_balance_covers'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='ledger_reserved_not_negative')],
            },
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(fields=['instrument', 'purpose'], name='ledger_account_by_instrument'),
        ),
        migrations.AddField(
            model_name='reservationend',
            name='transaction',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.transaction'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='ledger_reserve_positive'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['account', 'effective_at', 'id'], name='ledger_entry_by_account'),
        ),
        migrations.RunSQL(TIGHTEN + FUNCTIONS + SEED + TRIGGERS, migrations.RunSQL.noop),
    ]
