"""Note every change of a rule that a plan depends on, whoever makes it: code, admin or psql."""

from django.db import migrations

NOTE = "INSERT INTO models_registry_ruleschange (deployment_id) "

FUNCTIONS = {
    "kamado_note_by_store": NOTE
    + """
        SELECT DISTINCT a.deployment_id FROM models_registry_assignment a
        JOIN changed c ON c.store_id = a.store_id""",
    "kamado_note_by_scope": NOTE
    + """
        SELECT DISTINCT a.deployment_id FROM models_registry_assignment a
        JOIN stores_store s ON s.id = a.store_id
        WHERE EXISTS (SELECT 1 FROM changed c WHERE c.store_id = s.id OR c.area_id = s.area_id
                      OR (c.store_id IS NULL AND c.area_id IS NULL))""",
    "kamado_note_store": NOTE
    + """
        SELECT DISTINCT a.deployment_id FROM models_registry_assignment a JOIN changed c ON c.id = a.store_id""",
    "kamado_note_assignment": NOTE + "SELECT DISTINCT c.deployment_id FROM changed c",
    "kamado_note_override": NOTE
    + """
        SELECT c.deployment_id FROM changed c WHERE c.deployment_id IS NOT NULL
        UNION SELECT a.deployment_id FROM models_registry_assignment a JOIN changed c ON c.store_id = a.store_id""",
    "kamado_note_deployment": NOTE + "SELECT c.id FROM changed c",
}

TRIGGERS = [
    ("stores_openinghours", "kamado_note_by_store", ("INSERT", "UPDATE", "DELETE")),
    ("stores_specialday", "kamado_note_by_scope", ("INSERT", "UPDATE", "DELETE")),
    ("stores_store", "kamado_note_store", ("UPDATE",)),
    ("models_registry_assignment", "kamado_note_assignment", ("INSERT", "UPDATE", "DELETE")),
    ("models_registry_override", "kamado_note_override", ("INSERT", "UPDATE", "DELETE")),
    ("models_registry_deployment", "kamado_note_deployment", ("INSERT", "UPDATE")),
]
SIDES = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def statements() -> tuple[list[str], list[str]]:
    """Return the SQL that sets the triggers up, and the SQL that takes them away."""
    up, down = [], []
    for name, body in FUNCTIONS.items():
        up.append(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$"
        )
        down.append(f"DROP FUNCTION {name}() CASCADE")
    for table, function, events in TRIGGERS:
        for event in events:
            for side in SIDES[event]:
                up.append(
                    f"CREATE TRIGGER {function}_{event.lower()}_{side.lower()} AFTER {event} ON {table} "
                    f"REFERENCING {side} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
                )
    return up, down


class Migration(migrations.Migration):
    dependencies = [("models_registry", "0001_initial")]
    operations = [migrations.RunSQL(*statements())]
