import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("indices", "0006_append_only")]

    operations = [
        migrations.AddField(
            model_name='importbatch',
            name='outranked',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='passed_over',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='observation',
            name='excluded',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='PriceFinding',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('kind', models.CharField(choices=[('outlier', 'outlier'), ('frozen', 'frozen'), ('stale', 'stale'), ('disagreement', 'disagreement')], max_length=12)),
                ('close', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('expected', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('source', models.CharField(max_length=80)),
                ('message', models.CharField(max_length=300)),
                ('found_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'open'), ('kept', 'kept'), ('corrected', 'corrected'), ('excluded', 'excluded')], default='open', max_length=9)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('decided_by', models.CharField(blank=True, max_length=120)),
                ('decided_at', models.DateTimeField(null=True)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='indices.asset')),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='indices.importbatch')),
            ],
            options={
                'ordering': ['-day', 'pk'],
                'indexes': [models.Index(fields=['state', '-day'], name='finding_by_state')],
                'constraints': [models.UniqueConstraint(fields=('asset', 'day', 'kind', 'close'), name='finding_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('reason', ''), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='finding_decided_with_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='TokenEventRecord',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('ticker_reuse', 'ticker_reuse'), ('redenomination', 'redenomination'), ('migration', 'migration'), ('fork', 'fork'), ('airdrop', 'airdrop'), ('delisting', 'delisting'), ('peg_loss', 'peg_loss')], max_length=16)),
                ('day', models.DateField()),
                ('old', models.BigIntegerField(default=1)),
                ('new', models.BigIntegerField(default=1)),
                ('source', models.CharField(max_length=300)),
                ('known_at', models.DateTimeField()),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='indices.asset')),
                ('related', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='indices.asset')),
                ('withdraws', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='indices.tokeneventrecord')),
            ],
            options={
                'ordering': ['-day', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('new__gt', 0), ('old__gt', 0)), name='token_event_ratio'), models.CheckConstraint(condition=models.Q(('asset', models.F('related')), _negated=True), name='token_event_two_tokens')],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER indices_tokeneventrecord_append_only BEFORE UPDATE OR DELETE ON indices_tokeneventrecord "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
            "CREATE TRIGGER indices_tokeneventrecord_no_truncate BEFORE TRUNCATE ON indices_tokeneventrecord "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
            "DROP TRIGGER indices_tokeneventrecord_append_only ON indices_tokeneventrecord; "
            "DROP TRIGGER indices_tokeneventrecord_no_truncate ON indices_tokeneventrecord;",
        ),
    ]
