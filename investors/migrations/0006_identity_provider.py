from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("investors", "0005_screening_lists")]

    operations = []
