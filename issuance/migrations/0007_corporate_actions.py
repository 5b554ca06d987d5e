import django.db.models.deletion
import django.db.models.expressions
import issuance.units
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuance', '0006_offerings'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dividend',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('currency', models.CharField(max_length=3)),
                ('basis', models.CharField(choices=[('pot', 'a sum over all holdings'), ('per_unit', 'an amount for each unit')], max_length=8)),
                ('rounding', models.CharField(choices=[('largest_remainder', 'cents left over go to the largest remainders'), ('down', 'every line is rounded down, the rest stays as residue')], max_length=20)),
                ('pot_minor', issuance.units.UnitsField(null=True)),
                ('per_unit_numerator', issuance.units.UnitsField(null=True)),
                ('per_unit_denominator', issuance.units.UnitsField(null=True)),
                ('ex_date', models.DateField(null=True)),
                ('record_date', models.DateField()),
                ('record_at', models.DateTimeField()),
                ('payment_date', models.DateField()),
                ('state', models.CharField(choices=[('draft', 'draft'), ('announced', 'announced'), ('entitled', 'entitled'), ('approved', 'approved'), ('paying', 'paying'), ('paid', 'paid'), ('closed', 'closed'), ('cancelled', 'cancelled')], default='draft', max_length=12)),
                ('approval_id', models.UUIDField(null=True)),
                ('entitlements_sha256', models.CharField(blank=True, max_length=64)),
                ('holders', models.PositiveIntegerField(default=0)),
                ('gross_minor', issuance.units.UnitsField(null=True)),
                ('withheld_minor', issuance.units.UnitsField(null=True)),
                ('net_minor', issuance.units.UnitsField(null=True)),
                ('residue_minor', issuance.units.UnitsField(null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=80)),
                ('announced_at', models.DateTimeField(null=True)),
                ('entitled_at', models.DateTimeField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('paying_at', models.DateTimeField(null=True)),
                ('paid_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('-record_date', 'id'),
            },
        ),
        migrations.CreateModel(
            name='PayoutChunk',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('holders', models.PositiveIntegerField()),
                ('gross_minor', issuance.units.UnitsField()),
                ('withheld_minor', issuance.units.UnitsField()),
                ('net_minor', issuance.units.UnitsField()),
                ('transaction_id', models.UUIDField(null=True)),
                ('paid_at', models.DateTimeField(null=True)),
                ('dividend', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='issuance.dividend')),
            ],
            options={
                'ordering': ('dividend', 'number'),
            },
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('holder', models.CharField(db_index=True, max_length=64)),
                ('quantity', issuance.units.UnitsField()),
                ('rate_ppm', models.PositiveIntegerField()),
                ('rate_reason', models.CharField(max_length=200)),
                ('rate_source', models.CharField(blank=True, max_length=200)),
                ('gross_minor', issuance.units.UnitsField()),
                ('withheld_minor', issuance.units.UnitsField()),
                ('net_minor', issuance.units.UnitsField()),
                ('dividend', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='issuance.dividend')),
                ('chunk', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='issuance.payoutchunk')),
            ],
            options={
                'ordering': ('dividend', 'id'),
            },
        ),
        migrations.AddField(
            model_name='dividend',
            name='security',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dividends', to='issuance.security'),
        ),
        migrations.CreateModel(
            name='TaxForm',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('holder', models.CharField(max_length=64)),
                ('form', models.CharField(choices=[('w9', 'W-9'), ('w8', 'W-8BEN or W-8BEN-E')], max_length=4)),
                ('residence', models.CharField(max_length=2)),
                ('tin_on_file', models.BooleanField()),
                ('treaty_claimed', models.BooleanField()),
                ('filed_by', models.CharField(max_length=80)),
                ('filed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('-filed_at', 'id'),
                'indexes': [models.Index(fields=['holder', '-filed_at'], name='tax_form_by_holder')],
            },
        ),
        migrations.AddConstraint(
            model_name='payoutchunk',
            constraint=models.UniqueConstraint(fields=('dividend', 'number'), name='payout_chunk_once'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.UniqueConstraint(fields=('dividend', 'holder'), name='entitlement_once'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.CheckConstraint(condition=models.Q(('gross_minor', django.db.models.expressions.CombinedExpression(models.F('withheld_minor'), '+', models.F('net_minor')))), name='entitlement_exact'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.CheckConstraint(condition=models.Q(('net_minor__gte', 0)), name='entitlement_net'),
        ),
        migrations.AddConstraint(
            model_name='dividend',
            constraint=models.CheckConstraint(condition=models.Q(('pot_minor', None), ('gross_minor', None), ('pot_minor', django.db.models.expressions.CombinedExpression(models.F('gross_minor'), '+', models.F('residue_minor'))), _connector='OR'), name='dividend_pot_exact'),
        ),
        migrations.AddConstraint(
            model_name='dividend',
            constraint=models.CheckConstraint(condition=models.Q(('gross_minor', None), ('gross_minor', django.db.models.expressions.CombinedExpression(models.F('withheld_minor'), '+', models.F('net_minor'))), _connector='OR'), name='dividend_gross_exact'),
        ),
        migrations.AddConstraint(
            model_name='dividend',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('draft', 'announced', 'entitled', 'approved', 'paying', 'paid', 'closed', 'cancelled'))), name='dividend_state_known'),
        ),
        migrations.AddConstraint(
            model_name='dividend',
            constraint=models.CheckConstraint(condition=models.Q(('payment_date__gte', models.F('record_date'))), name='dividend_dates'),
        ),
    ]
