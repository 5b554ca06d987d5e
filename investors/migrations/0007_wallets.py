from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("investors", "0006_identity_provider")]

    operations = []
