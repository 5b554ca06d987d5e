import django.db.models.deletion
import issuance.units
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuance', '0005_register'),
    ]

    operations = [
        migrations.CreateModel(
            name='Offering',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('summary', models.TextField(blank=True)),
                ('agreement', models.TextField()),
                ('agreement_sha256', models.CharField(max_length=64)),
                ('exemption', models.CharField(choices=[('506(c)', 'Rule 506(c)'), ('506(b)', 'Rule 506(b)'), ('Reg S', 'Regulation S')], max_length=8)),
                ('method', models.CharField(choices=[('pro_rata', 'pro rata'), ('first_come', 'first come, first served')], default='pro_rata', max_length=12)),
                ('price_minor', issuance.units.UnitsField()),
                ('step', issuance.units.UnitsField(default=1)),
                ('min_quantity', issuance.units.UnitsField(blank=True, null=True)),
                ('max_quantity', issuance.units.UnitsField()),
                ('min_investment_minor', issuance.units.UnitsField(blank=True, null=True)),
                ('max_investment_minor', issuance.units.UnitsField(blank=True, null=True)),
                ('lock_up_days', models.PositiveIntegerField(blank=True, null=True)),
                ('opens_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('draft', 'draft'), ('open', 'open'), ('closed', 'closed'), ('cancelling', 'cancelling'), ('settled', 'settled'), ('cancelled', 'cancelled')], default='draft', max_length=12)),
                ('subscribers', models.PositiveIntegerField(default=0)),
                ('subscribed_quantity', issuance.units.UnitsField(default=0)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=80)),
                ('security', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offerings', to='issuance.security')),
            ],
            options={
                'ordering': ('-opens_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('investor', models.CharField(db_index=True, max_length=64)),
                ('accredited', models.BooleanField()),
                ('quantity', issuance.units.UnitsField()),
                ('amount_minor', issuance.units.UnitsField()),
                ('reservation_id', models.UUIDField()),
                ('state', models.CharField(choices=[('reserved', 'reserved'), ('allotted', 'allotted'), ('settled', 'settled'), ('released', 'released'), ('withdrawn', 'withdrawn'), ('refused', 'refused')], default='reserved', max_length=12)),
                ('allotted_quantity', issuance.units.UnitsField(null=True)),
                ('paid_minor', issuance.units.UnitsField(null=True)),
                ('movement_id', models.UUIDField(null=True)),
                ('subscribed_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuance.decisionrecord')),
                ('offering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='issuance.offering')),
            ],
            options={
                'ordering': ('offering', 'number'),
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('signer', models.CharField(max_length=80)),
                ('typed_name_sha256', models.CharField(max_length=64)),
                ('agreement_sha256', models.CharField(max_length=64)),
                ('risks_acknowledged', models.BooleanField()),
                ('origin', models.CharField(blank=True, max_length=64)),
                ('session', models.CharField(blank=True, max_length=64)),
                ('signed_at', models.DateTimeField()),
                ('subscription', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='signature', to='issuance.subscription')),
            ],
        ),
        migrations.AddConstraint(
            model_name='offering',
            constraint=models.CheckConstraint(condition=models.Q(('price_minor__gt', 0)), name='offering_price'),
        ),
        migrations.AddConstraint(
            model_name='offering',
            constraint=models.CheckConstraint(condition=models.Q(('max_quantity__gt', 0)), name='offering_maximum'),
        ),
        migrations.AddConstraint(
            model_name='offering',
            constraint=models.CheckConstraint(condition=models.Q(('step__gt', 0)), name='offering_step'),
        ),
        migrations.AddConstraint(
            model_name='offering',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='offering_dates'),
        ),
        migrations.AddConstraint(
            model_name='offering',
            constraint=models.CheckConstraint(condition=models.Q(('min_quantity', None), ('min_quantity__lte', models.F('max_quantity')), _connector='OR'), name='offering_minimum'),
        ),
        migrations.AddConstraint(
            model_name='offering',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('draft', 'open', 'closed', 'cancelling', 'settled', 'cancelled'))), name='offering_state_known'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['offering', 'state', 'number'], name='subscription_work'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(fields=('offering', 'number'), name='subscription_number_once'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='subscription_quantity'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='subscription_amount'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('allotted_quantity', None), ('allotted_quantity__lte', models.F('quantity')), _connector='OR'), name='subscription_allotment'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('paid_minor', None), ('paid_minor__lte', models.F('amount_minor')), _connector='OR'), name='subscription_paid'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('risks_acknowledged', True)), name='signature_acknowledges'),
        ),
    ]
