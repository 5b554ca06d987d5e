from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("investors", "0007_wallets")]

    operations = []
