"""Apply pending migrations: `python -m portal.embedded.schema`; with `--collect`, gather static files too."""

import os
import sys

# Any number will do as long as nobody else of this database uses it.
ADVISORY_LOCK = 0x6B616D61646F
COLLECT = "--collect"


def apply_pending_migrations() -> bool:
    """Bring the database up to date and return whether anything was pending. Two at once are harmless."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    if not has_pending_migrations():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
    return True


def collect_static() -> None:
    """Gather style sheets, scripts and fonts, compressed, in KAMADO_HOME; the admin lists' own stay."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["ninja", "admin"])


def has_pending_migrations() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def main() -> int:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        apply_pending_migrations()
        if COLLECT in sys.argv[1:]:
            collect_static()
    except (ImproperlyConfigured, OperationalError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
