import django.db.models.deletion
import issuance.units
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuance', '0002_assets'),
    ]

    operations = [
        migrations.CreateModel(
            name='Security',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=24, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('common', 'common shares'), ('preferred', 'preferred shares'), ('debt', 'debt'), ('revenue_share', 'revenue share'), ('fund_unit', 'fund units')], max_length=16)),
                ('isin', models.CharField(blank=True, max_length=12, verbose_name='ISIN')),
                ('scale', models.PositiveSmallIntegerField()),
                ('authorised', issuance.units.UnitsField(blank=True, null=True)),
                ('par_minor', issuance.units.UnitsField(blank=True, null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('reporting', models.BooleanField(default=False)),
                ('instrument_id', models.BigIntegerField(unique=True)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('active', 'active'), ('paused', 'paused'), ('withdrawn', 'withdrawn'), ('retired', 'retired')], default='draft', max_length=12)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'securities',
                'ordering': ('code',),
            },
        ),
        migrations.AddField(
            model_name='security',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='securities', to='issuance.asset'),
        ),
        migrations.AddField(
            model_name='security',
            name='issuer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='securities', to='issuance.issuer'),
        ),
        migrations.AddField(
            model_name='security',
            name='token',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='security', to='issuance.token'),
        ),
        migrations.AddConstraint(
            model_name='security',
            constraint=models.CheckConstraint(condition=models.Q(('scale__lte', 18)), name='security_scale'),
        ),
        migrations.AddConstraint(
            model_name='security',
            constraint=models.CheckConstraint(condition=models.Q(('authorised', None), ('authorised__gt', 0), _connector='OR'), name='security_authorised_positive'),
        ),
        migrations.AddConstraint(
            model_name='security',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('draft', 'active', 'paused', 'withdrawn', 'retired'))), name='security_state_known'),
        ),
    ]
