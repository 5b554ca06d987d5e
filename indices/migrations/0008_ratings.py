from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("indices", "0007_token_events")]

    operations = []
