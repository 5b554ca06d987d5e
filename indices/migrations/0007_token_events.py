from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("indices", "0006_append_only")]

    operations = []
