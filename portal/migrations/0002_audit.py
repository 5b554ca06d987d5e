from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% is a table of record: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '55000';
END $$;

CREATE FUNCTION iso_utc(instant timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN octet_length(value)::text || ':' || value;

-- The canonical form of an event: every field with its length in bytes before it, so that no two events share one.
CREATE FUNCTION audit_canonical(e audit_event) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN audit_field('event/1') || audit_field(e.event_id::text) || audit_field(iso_utc(e.recorded_at))
      || audit_field(iso_utc(e.happened_at)) || audit_field(e.actor_kind) || audit_field(e.actor_id)
      || audit_field(e.actor_label) || audit_field(e.origin) || audit_field(e.session) || audit_field(e.action)
      || audit_field(e.subject) || audit_field(coalesce(e.organisation::text, '')) || audit_field(e.reason)
      || audit_field(e.facts);

-- The commitment is over audit_canonical(NEW), spelled out, and in one concat(): each operator would be set
-- up anew in every transaction. No field of it can be null.
CREATE FUNCTION audit_event_stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE
  recorded text;
  happened text := to_char(NEW.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
  NEW.event_id := gen_random_uuid();
  NEW.recorded_at := clock_timestamp();
  NEW.salt := uuid_send(gen_random_uuid());
  recorded := to_char(NEW.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
  NEW.commitment := sha256(NEW.salt || convert_to(concat(
    '7:event/1', '36:', NEW.event_id, octet_length(recorded), ':', recorded,
    octet_length(happened), ':', happened, octet_length(NEW.actor_kind), ':', NEW.actor_kind,
    octet_length(NEW.actor_id), ':', NEW.actor_id, octet_length(NEW.actor_label), ':', NEW.actor_label,
    octet_length(NEW.origin), ':', NEW.origin, octet_length(NEW.session), ':', NEW.session,
    octet_length(NEW.action), ':', NEW.action, octet_length(NEW.subject), ':', NEW.subject,
    coalesce('36:' || NEW.organisation, '0:'), octet_length(NEW.reason), ':', NEW.reason,
    octet_length(NEW.facts), ':', NEW.facts), 'UTF8'));
  INSERT INTO audit_unsequenced (event) VALUES (NEW.id);
  RETURN NEW;
END $$;

CREATE FUNCTION audit_seal(
  first_leaf bigint, events bigint[], hashes bytea[],
  node_levels smallint[], node_indexes bigint[], node_hashes bytea[],
  new_root bytea, new_note text, sealed_at timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  known bigint;
  taken bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(727201);
  SELECT coalesce(max(size), 0) INTO known FROM audit_checkpoint;
  IF first_leaf <> known THEN
    RAISE EXCEPTION 'the log has % leaves, not %', known, first_leaf USING ERRCODE = '40001';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(events, hashes) AS given(event, hash)
    LEFT JOIN audit_event e ON e.id = given.event
    WHERE e.id IS NULL OR sha256('\\x00'::bytea || e.commitment) <> given.hash
  ) THEN
    RAISE EXCEPTION 'a leaf is not the hash of its event' USING ERRCODE = '23514';
  END IF;
  INSERT INTO audit_leaf (leaf_index, event, leaf_hash)
    SELECT first_leaf + given.place - 1, given.event, given.hash
    FROM unnest(events, hashes) WITH ORDINALITY AS given(event, hash, place);
  INSERT INTO audit_node (level, index, hash)
    SELECT * FROM unnest(node_levels, node_indexes, node_hashes);
  DELETE FROM audit_unsequenced WHERE event = ANY(events);
  GET DIAGNOSTICS taken = ROW_COUNT;
  IF taken <> cardinality(events) THEN
    RAISE EXCEPTION 'only % of % events were waiting', taken, cardinality(events) USING ERRCODE = '40001';
  END IF;
  INSERT INTO audit_checkpoint (size, root, note, created_at)
    VALUES (first_leaf + cardinality(events), new_root, new_note, sealed_at);
END $$;
"""
TRIGGERS = "".join(
    f"""
ALTER TABLE {table} ALTER COLUMN id SET GENERATED ALWAYS;"""
    for table in ("audit_event", "audit_node")
) + """
CREATE TRIGGER audit_event_stamp BEFORE INSERT ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_event_stamp();
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"""
    for table in ("audit_event", "audit_leaf", "audit_node", "audit_checkpoint")
)


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_accounts")]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.UUIDField(unique=True)),
                ("recorded_at", models.DateTimeField()),
                ("happened_at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.CharField(max_length=80)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("origin", models.CharField(blank=True, max_length=80)),
                ("session", models.CharField(blank=True, max_length=80)),
                ("action", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=120)),
                ("organisation", models.UUIDField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("facts", models.TextField()),
                ("salt", models.BinaryField()),
                ("commitment", models.BinaryField()),
            ],
            options={
                "db_table": "audit_event",
                "indexes": [
                    models.Index(fields=["subject", "id"], name="audit_event_by_subject"),
                    models.Index(fields=["action", "id"], condition=~models.Q(action="ledger.posted"), name="audit_event_by_action"),
                    models.Index(fields=["organisation", "id"], condition=models.Q(organisation__isnull=False), name="audit_event_by_org"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Unsequenced",
            fields=[("event", models.BigIntegerField(primary_key=True, serialize=False))],
            options={"db_table": "audit_unsequenced"},
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("leaf_index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event", models.BigIntegerField(unique=True)),
                ("leaf_hash", models.BinaryField()),
            ],
            options={"db_table": "audit_leaf"},
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "db_table": "audit_node",
                "constraints": [models.UniqueConstraint(fields=("level", "index"), name="audit_node_once")],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_checkpoint"},
        ),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, migrations.RunSQL.noop),
    ]
