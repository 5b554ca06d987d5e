from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("investors", "0004_accreditation")]

    operations = []
