from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("issuance", "0010_transfers")]

    operations = []
