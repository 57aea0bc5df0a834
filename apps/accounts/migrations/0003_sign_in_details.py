from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_awaits_confirmation")]

    operations = [
        migrations.AddField(
            model_name="signin",
            name="newest_jti",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name="signin",
            name="reauthenticated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="signin",
            name="user_agent",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=200),
        ),
    ]
