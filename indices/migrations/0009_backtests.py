from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("indices", "0008_ratings")]

    operations = []
