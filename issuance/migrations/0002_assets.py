import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuance', '0001_issuers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('equity', 'company equity'), ('real_estate', 'real estate'), ('vehicle', 'vehicle'), ('revenue_share', 'revenue share'), ('debt', 'debt'), ('fund', 'fund'), ('other', 'other')], max_length=16)),
                ('name', models.CharField(max_length=200)),
                ('record', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='HoweyAssessment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('investment_of_money', models.BooleanField()),
                ('common_enterprise', models.BooleanField()),
                ('expectation_of_profits', models.BooleanField()),
                ('efforts_of_others', models.BooleanField()),
                ('evidence', models.JSONField(default=dict)),
                ('conclusion', models.CharField(choices=[('security', 'a security'), ('not_security', 'not a security')], max_length=16)),
                ('assessed_by', models.CharField(max_length=80)),
                ('assessed_at', models.DateTimeField()),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='issuance.asset')),
            ],
            options={
                'ordering': ('-assessed_at', 'id'),
            },
        ),
        migrations.AddField(
            model_name='asset',
            name='issuer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assets', to='issuance.issuer'),
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('identifier', models.CharField(max_length=64, unique=True)),
                ('record', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=80)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='issuance.asset')),
            ],
            options={
                'ordering': ('created_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='AssetDocument',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('document_id', models.UUIDField(null=True)),
                ('title', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('created_at', models.DateTimeField()),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='issuance.asset')),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'constraints': [models.UniqueConstraint(fields=('asset', 'sha256'), name='asset_document_once'), models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='asset_document_hash')],
            },
        ),
    ]
