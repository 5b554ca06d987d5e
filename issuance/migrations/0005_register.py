import django.db.models.deletion
import issuance.units
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuance', '0004_compliance'),
    ]

    operations = [
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('holder', models.CharField(max_length=64)),
                ('acquired_on', models.DateField()),
                ('exemption', models.CharField(blank=True, max_length=16)),
                ('price_minor', issuance.units.UnitsField(null=True)),
                ('affiliate', models.BooleanField(default=False)),
                ('locked_until', models.DateField(null=True)),
                ('origin', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='issuance.lot')),
            ],
        ),
        migrations.CreateModel(
            name='Movement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('number', models.PositiveBigIntegerField()),
                ('kind', models.CharField(choices=[('issue', 'Issue'), ('transfer', 'Transfer'), ('redeem', 'Redeem'), ('freeze', 'Freeze'), ('unfreeze', 'Unfreeze')], max_length=12)),
                ('source', models.CharField(blank=True, max_length=64)),
                ('target', models.CharField(blank=True, max_length=64)),
                ('quantity', issuance.units.UnitsField(null=True)),
                ('consideration_minor', issuance.units.UnitsField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('transaction_id', models.UUIDField(null=True)),
                ('actor', models.CharField(max_length=80)),
                ('effective_at', models.DateTimeField()),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='issuance.decisionrecord')),
            ],
            options={
                'ordering': ('security', 'number'),
            },
        ),
        migrations.CreateModel(
            name='LotEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('quantity', issuance.units.UnitsField()),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='issuance.lot')),
                ('movement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lot_entries', to='issuance.movement')),
            ],
        ),
        migrations.AddField(
            model_name='lot',
            name='movement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='issuance.movement'),
        ),
        migrations.CreateModel(
            name='Register',
            fields=[
                ('security', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='register', serialize=False, to='issuance.security')),
                ('movements', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='movement',
            name='security',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='issuance.security'),
        ),
        migrations.AddField(
            model_name='lot',
            name='security',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='issuance.security'),
        ),
        migrations.CreateModel(
            name='HolderOfRecord',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('holder', models.CharField(max_length=64)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('accredited', models.BooleanField()),
                ('frozen', models.BooleanField(default=False)),
                ('frozen_quantity', issuance.units.UnitsField(default=0)),
                ('active', models.BooleanField(default=True)),
                ('security', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holders', to='issuance.security')),
            ],
        ),
        migrations.CreateModel(
            name='HolderCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('accredited', models.BooleanField()),
                ('holders', models.PositiveBigIntegerField(default=0)),
                ('security', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holder_counts', to='issuance.security')),
            ],
        ),
        migrations.AddConstraint(
            model_name='lotentry',
            constraint=models.UniqueConstraint(fields=('lot', 'movement'), name='lot_entry_once'),
        ),
        migrations.AddConstraint(
            model_name='lotentry',
            constraint=models.CheckConstraint(condition=models.Q(('quantity', 0), _negated=True), name='lot_entry_not_zero'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.UniqueConstraint(fields=('security', 'number'), name='movement_number_once'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.CheckConstraint(condition=models.Q(('quantity', None), ('quantity__gt', 0), _connector='OR'), name='movement_quantity'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['security', 'holder'], name='lot_by_holder'),
        ),
        migrations.AddConstraint(
            model_name='holderofrecord',
            constraint=models.UniqueConstraint(fields=('security', 'holder'), name='holder_of_record_once'),
        ),
        migrations.AddConstraint(
            model_name='holdercount',
            constraint=models.UniqueConstraint(fields=('security', 'country', 'accredited'), name='holder_count_once'),
        ),
    ]
