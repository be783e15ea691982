"""The audit trail: its table, the function that writes it, and the triggers that let nobody change it."""

import django.db.models.functions.datetime
from django.db import migrations, models

from portal.base.audit.operations import audit

# The rule of a table is JSON (portal.base.audit.operations); who acts is the session variable kamado.actor.
WRITE = """
CREATE FUNCTION kamado_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  rule jsonb := TG_ARGV[0]::jsonb;
  actor jsonb := coalesce(nullif(current_setting('kamado.actor', true), ''),
                          '{"origin": "database"}')::jsonb;
  was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  whole jsonb := coalesce(is_now, was);
  own text := rule->>'own';
  store bigint := CASE own WHEN 'store_id' THEN whole->>'id' ELSE whole->>'store_id' END;
  area bigint := CASE own WHEN 'area_id' THEN whole->>'id' ELSE whole->>'area_id' END;
  deployment bigint := CASE own WHEN 'deployment_id' THEN whole->>'id' ELSE whole->>'deployment_id' END;
  person bigint := CASE own WHEN 'person_id' THEN whole->>'id' ELSE whole->>'user_id' END;
  said text[];
  told text;
BEGIN
  SELECT array_agg(key) INTO said FROM jsonb_each(whole) AS pair(key, value)
  WHERE CASE WHEN rule->'columns' = '[]' THEN NOT rule->'ignored' ? key ELSE rule->'columns' ? key END
    AND (TG_OP <> 'UPDATE' OR was->key IS DISTINCT FROM value)
    AND (NOT rule->'by_people' ? key OR TG_OP <> 'UPDATE' OR actor->>'id' IS NOT NULL);
  IF said IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT said || array_agg(beside) INTO said FROM jsonb_array_elements_text(rule->'beside') AS beside;
  SELECT string_agg(whole->>name, ' ') INTO told FROM jsonb_array_elements_text(rule->'names') AS name;
  IF own = '' THEN
    told := concat_ws(' · ', told,
      CASE WHEN person IS NOT NULL THEN (SELECT username FROM base_user WHERE id = person) END,
      CASE WHEN store IS NOT NULL THEN kamado_store_name(store) END,
      CASE WHEN area IS NOT NULL THEN kamado_area_name(area) END,
      CASE WHEN deployment IS NOT NULL THEN kamado_deployment_name(deployment) END);
  END IF;
  INSERT INTO base_auditentry (at, kind, object_key, subject, operation, before, after, actor_id, actor_name,
    origin, ip, store_id, area_id, deployment_id, person_id)
  VALUES (now(), TG_TABLE_NAME, whole->>'id', coalesce(told, ''), TG_OP,
    kamado_audit_values(was, said, rule), kamado_audit_values(is_now, said, rule),
    (actor->>'id')::bigint, coalesce(actor->>'name', ''), coalesce(actor->>'origin', ''),
    (actor->>'ip')::inet, store, area, deployment, person);
  RETURN NULL;
END $$
"""
VALUES = """
CREATE FUNCTION kamado_audit_values(whole jsonb, said text[], rule jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_object_agg(key, CASE
    WHEN rule->'secret' ? key THEN to_jsonb('•••'::text)
    WHEN rule->'masked' ? key AND length(value #>> '{}') > 8 THEN to_jsonb('•••' || right(value #>> '{}', 4))
    WHEN rule->'masked' ? key AND value #>> '{}' <> '' THEN to_jsonb('•••'::text)
    ELSE value END)
  FROM jsonb_each(whole) AS pair(key, value) WHERE key = ANY(said)
$$
"""
REFUSE = """
CREATE FUNCTION kamado_audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail cannot be changed: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""
GUARDS = [
    "CREATE TRIGGER kamado_audit_stays BEFORE UPDATE OR DELETE ON base_auditentry "
    "FOR EACH STATEMENT EXECUTE FUNCTION kamado_audit_refuses()",
    "CREATE TRIGGER kamado_audit_is_not_emptied BEFORE TRUNCATE ON base_auditentry "
    "FOR EACH STATEMENT EXECUTE FUNCTION kamado_audit_refuses()",
]
DOWN = [
    f"DROP FUNCTION {name} CASCADE"
    for name in ("kamado_audit_refuses()", "kamado_audit()", "kamado_audit_values(jsonb, text[], jsonb)")
]
PERSON = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser", "language")


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0002_language_of_mails"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="when"
                    ),
                ),
                ("kind", models.CharField(max_length=63, verbose_name="kind")),
                ("object_key", models.CharField(max_length=64)),
                ("subject", models.TextField(verbose_name="what")),
                (
                    "operation",
                    models.CharField(
                        choices=[("INSERT", "made"), ("UPDATE", "changed"), ("DELETE", "deleted")],
                        max_length=6,
                        verbose_name="operation",
                    ),
                ),
                ("before", models.JSONField(null=True, verbose_name="before")),
                ("after", models.JSONField(null=True, verbose_name="after")),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.TextField(blank=True, verbose_name="who")),
                ("origin", models.TextField(blank=True, verbose_name="from where")),
                ("ip", models.GenericIPAddressField(null=True)),
                ("store_id", models.BigIntegerField(null=True)),
                ("area_id", models.BigIntegerField(null=True)),
                ("deployment_id", models.BigIntegerField(null=True)),
                ("person_id", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit trail",
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="audit_newest",
                    ),
                    models.Index(
                        models.F("kind"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="audit_by_kind",
                    ),
                    models.Index(
                        models.F("kind"),
                        models.F("object_key"),
                        models.OrderBy(models.F("at"), descending=True),
                        name="audit_by_object",
                    ),
                    models.Index(
                        models.F("actor_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("actor_id__isnull", False)),
                        name="audit_by_actor",
                    ),
                    models.Index(
                        models.F("store_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("store_id__isnull", False)),
                        name="audit_by_store",
                    ),
                    models.Index(
                        models.F("area_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("area_id__isnull", False)),
                        name="audit_by_area",
                    ),
                    models.Index(
                        models.F("deployment_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("deployment_id__isnull", False)),
                        name="audit_by_deployment",
                    ),
                    models.Index(
                        models.F("person_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("person_id__isnull", False)),
                        name="audit_by_person",
                    ),
                ],
            },
        ),
        migrations.RunSQL([VALUES, WRITE, REFUSE, *GUARDS], DOWN),
        audit(
            "base_user",
            own="person_id",
            names=["username"],
            columns=[*PERSON, "password"],
            secret=["password"],
        ),
    ]
