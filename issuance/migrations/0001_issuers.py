import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('portal', '0001_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Issuer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('legal_name', models.CharField(max_length=200)),
                ('country', models.CharField(max_length=2)),
                ('lei', models.CharField(blank=True, max_length=20, verbose_name='LEI')),
                ('state', models.CharField(choices=[('in_review', 'in review'), ('approved', 'approved'), ('suspended', 'suspended'), ('refused', 'refused')], default='in_review', max_length=12)),
                ('review_note', models.TextField(blank=True)),
                ('reviewed_by', models.CharField(blank=True, max_length=80)),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.organisation')),
            ],
            options={
                'ordering': ('legal_name', 'id'),
            },
        ),
        migrations.AddConstraint(
            model_name='issuer',
            constraint=models.UniqueConstraint(condition=models.Q(('lei', ''), _negated=True), fields=('lei',), name='issuer_lei_unique'),
        ),
        migrations.AddConstraint(
            model_name='issuer',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('in_review', 'approved', 'suspended', 'refused'))), name='issuer_state_known'),
        ),
    ]
