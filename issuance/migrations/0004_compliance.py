import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuance', '0003_securities'),
    ]

    operations = [
        migrations.CreateModel(
            name='DecisionRecord',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=16)),
                ('subject', models.CharField(db_index=True, max_length=80)),
                ('holder', models.CharField(blank=True, db_index=True, max_length=64)),
                ('passed', models.BooleanField()),
                ('facts', models.JSONField()),
                ('findings', models.JSONField()),
                ('decided_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=80)),
            ],
            options={
                'ordering': ('-decided_at', 'id'),
            },
        ),
        migrations.AddField(
            model_name='decisionrecord',
            name='security',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='issuance.security'),
        ),
        migrations.CreateModel(
            name='RuleSetVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('rules', models.JSONField()),
                ('reason', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=80)),
                ('security', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rule_sets', to='issuance.security')),
            ],
            options={
                'ordering': ('security', '-version'),
            },
        ),
        migrations.AddField(
            model_name='decisionrecord',
            name='rule_set',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='issuance.rulesetversion'),
        ),
        migrations.AddConstraint(
            model_name='rulesetversion',
            constraint=models.UniqueConstraint(fields=('security', 'version'), name='rule_set_version_once'),
        ),
        migrations.AddIndex(
            model_name='decisionrecord',
            index=models.Index(fields=['security', '-decided_at'], name='decision_by_security'),
        ),
    ]
