from django.conf import settings
from django.db import migrations, models


def mark_unconfirmed(apps, schema_editor):
    """Users without a confirmed address could not sign in with CONFIRM_EMAIL."""
    if settings.CONFIRM_EMAIL:
        User = apps.get_model("accounts", "User")
        User.objects.filter(email_confirmed_at=None, is_staff=False).update(awaits_confirmation=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="awaits_confirmation",
            field=models.BooleanField(
                default=False,
                db_default=False,
                help_text="Cannot sign in before confirming the e-mail address.",
                verbose_name="awaits confirmation",
            ),
        ),
        migrations.RunPython(mark_unconfirmed, migrations.RunPython.noop),
        migrations.RemoveField(model_name="user", name="email_confirmed_at"),
    ]
