from django.db import migrations

# Whoever writes with another search path, as pg_restore does with an empty one, wrote to no table there is.
PIN = "ALTER FUNCTION courses_keep_findable() SET search_path FROM CURRENT"
UNPIN = "ALTER FUNCTION courses_keep_findable() RESET search_path"


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0005_findable_course'),
    ]

    operations = [migrations.RunSQL(PIN, UNPIN)]
