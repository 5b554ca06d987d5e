-- The ledger's door. Every function runs with the owner's rights; the application may call it and read the tables.
-- Errors: LG001 key reused with another body, LG002 not enough, LG003 backdated or in the future, LG004 the first
-- posting of this key is under way (or 23505 at ledger_transaction_key_once), LG005 malformed, LG006 no such account or reservation, LG007 reservation ended, LG008 unbalanced.

CREATE FUNCTION ledger_event(
  actor text[], instant timestamptz, what text, about text, told text
) RETURNS bigint LANGUAGE sql SET search_path = public, pg_temp AS $$
  INSERT INTO audit_event (happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject, reason, facts)
  VALUES (instant, actor[1], actor[2], actor[3], actor[4], actor[5], what, about, '', told) RETURNING id
$$;

-- Canonical facts of a posting: RFC 8785 JSON, keys in order.
CREATE FUNCTION ledger_facts(
  body bytea, effective timestamptz, entries int, entries_sha256 bytea, key text, kind text, memo text, reference text
) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN '{"body_sha256":"' || encode(body, 'hex') || '","effective_at":"' || iso_utc(effective) || '","entries":' || entries || ',"entries_sha256":"'
      || encode(entries_sha256, 'hex') || '","key":' || to_json(key)::text || ',"kind":' || to_json(kind)::text
      || ',"memo":' || to_json(memo)::text || ',"reference":' || to_json(reference)::text || '}';

CREATE FUNCTION ledger_body_hash(
  kind text, reference text, memo text, accounts bigint[], amounts numeric[], reservation uuid
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  RETURN sha256(convert_to(audit_field(kind) || audit_field(reference) || audit_field(memo)
      || audit_field(accounts::text) || audit_field(amounts::text) || coalesce(reservation::text, ''), 'UTF8'));

CREATE FUNCTION ledger_define_instrument(
  actor text[], instant timestamptz, new_code text, new_kind text, new_scale int, new_name text
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  made int;
BEGIN
  INSERT INTO ledger_instrument (code, kind, scale, name)
    VALUES (new_code, new_kind, new_scale, new_name)
    ON CONFLICT (code) DO NOTHING RETURNING id INTO made;
  IF made IS NULL THEN
    SELECT id INTO made FROM ledger_instrument WHERE code = new_code AND kind = new_kind AND scale = new_scale;
    IF made IS NULL THEN
      RAISE EXCEPTION 'instrument % exists with another kind or scale', new_code USING ERRCODE = 'LG001';
    END IF;
  ELSE
    PERFORM ledger_event(actor, instant, 'ledger.instrument_defined', 'instrument:' || made,
      '{"code":' || to_json(new_code)::text || ',"kind":' || to_json(new_kind)::text || ',"name":'
      || to_json(new_name)::text || ',"scale":' || new_scale || '}');
  END IF;
  RETURN made;
END $$;

CREATE FUNCTION ledger_open_account(
  new_owner text, of_instrument int, for_purpose text, about text
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  made bigint;
  rights record;
  name text;
BEGIN
  SELECT p.may_go_negative, i.code INTO rights FROM ledger_instrument i
    JOIN ledger_purpose p ON p.kind = i.kind AND p.name = for_purpose WHERE i.id = of_instrument;
  IF rights IS NULL THEN
    RAISE EXCEPTION 'no purpose % for instrument %', for_purpose, of_instrument USING ERRCODE = 'LG005';
  END IF;
  IF new_owner = '' OR (new_owner || about) ~ '[|\s]' THEN
    RAISE EXCEPTION 'an owner or subject is empty or has blanks or bars' USING ERRCODE = 'LG005';
  END IF;
  name := new_owner || '|' || for_purpose || '|' || about || '|' || rights.code;
  SELECT id INTO made FROM ledger_account WHERE label = name;
  IF made IS NOT NULL THEN
    RETURN made;
  END IF;
  INSERT INTO ledger_account (owner, instrument_id, purpose, subject, label, may_go_negative)
    VALUES (new_owner, of_instrument, for_purpose, about, name, rights.may_go_negative)
    ON CONFLICT (label) DO NOTHING RETURNING id INTO made;
  IF made IS NULL THEN
    SELECT id INTO made FROM ledger_account WHERE label = name;
  ELSE
    INSERT INTO ledger_balance (account_id, posted, reserved, may_go_negative, last_effective_at, label, instrument_id)
      VALUES (made, 0, 0, rights.may_go_negative, 'epoch', name, of_instrument);
  END IF;
  RETURN made;
END $$;

-- told: action, subject, organisation, reason, facts (canonical JSON) of the caller's own event; message: topic, key,
-- payload, available_at of an outbox message. Both stand or fall with the posting; a replay writes neither again.
CREATE FUNCTION ledger_post(
  actor text[], instant timestamptz, new_key text, new_kind text, new_reference text, new_memo text,
  accounts bigint[], amounts numeric[], settles uuid DEFAULT NULL,
  told text[] DEFAULT NULL, message text[] DEFAULT NULL,
  OUT transaction_id uuid, OUT effective_at timestamptz, OUT replayed boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  known record;
  held_id bigint;
  held_account bigint;
  held_amount numeric;
  freed numeric := 0;
  taken numeric := 0;
  body bytea := ledger_body_hash(new_kind, new_reference, new_memo, accounts, amounts, settles);
  legs int := cardinality(accounts);
  ordered bigint[];
  moved numeric[];
  one bigint;
  amount numeric;
  after numeric;
  seen_at timestamptz;
  instrument int;
  name text;
  latest timestamptz := instant;
  made bigint;
  event bigint;
  lines text := '';
  facts text;
  afters numeric[] := '{}';
  instruments int[] := '{}';
BEGIN
  SELECT t.transaction_id, t.effective_at, t.body_hash INTO known FROM ledger_transaction t WHERE t.key = new_key;
  IF FOUND THEN
    IF known.body_hash <> body THEN
      RAISE EXCEPTION 'key % was posted with another body', new_key USING ERRCODE = 'LG001';
    END IF;
    transaction_id := known.transaction_id; effective_at := known.effective_at; replayed := true;
    RETURN;
  END IF;
  IF cardinality(told) <> 5 OR cardinality(message) <> 4 THEN
    RAISE EXCEPTION 'an event to tell has five fields and a message four' USING ERRCODE = 'LG005';
  END IF;
  IF legs < 2 OR legs IS DISTINCT FROM cardinality(amounts) THEN
    RAISE EXCEPTION 'a posting has two legs or more, each with an account and an amount' USING ERRCODE = 'LG005';
  END IF;
  IF instant > clock_timestamp() + interval '1 minute' THEN
    RAISE EXCEPTION 'effective at % lies in the future', instant USING ERRCODE = 'LG003';
  END IF;
  -- Locks are taken in the order of account ids. Most postings have two legs: those need no query to be sorted.
  IF legs = 2 AND accounts[1] <= accounts[2] THEN
    ordered := accounts; moved := amounts;
  ELSIF legs = 2 AND accounts[1] > accounts[2] THEN
    ordered := ARRAY[accounts[2], accounts[1]]; moved := ARRAY[amounts[2], amounts[1]];
  ELSE
    SELECT array_agg(u.account ORDER BY u.account, u.n), array_agg(u.amount ORDER BY u.account, u.n) INTO ordered, moved
      FROM unnest(accounts, amounts) WITH ORDINALITY AS u(account, amount, n);
  END IF;
  FOREACH amount IN ARRAY moved LOOP
    IF amount IS NULL OR amount = 0 OR amount = 'NaN' OR amount <> trunc(amount) OR abs(amount) >= 1e38 THEN
      RAISE EXCEPTION 'an amount is zero, not whole, not a number, or beyond 38 digits' USING ERRCODE = 'LG005';
    END IF;
  END LOOP;
  IF settles IS NOT NULL THEN
    SELECT r.id, r.account_id, r.amount INTO held_id, held_account, held_amount FROM ledger_reservation r WHERE r.reservation_id = settles FOR UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no reservation %', settles USING ERRCODE = 'LG006';
    END IF;
    IF EXISTS (SELECT FROM ledger_reservation_end e WHERE e.reservation_id = held_id) THEN
      PERFORM ledger_refuse_twin(new_key);
      RAISE EXCEPTION 'reservation % has ended', settles USING ERRCODE = 'LG007';
    END IF;
    IF NOT held_account = ANY(accounts) THEN
      RAISE EXCEPTION 'no leg takes from the reserved account' USING ERRCODE = 'LG005';
    END IF;
  END IF;
  FOR place IN 1 .. legs LOOP
    one := ordered[place]; amount := moved[place]; freed := 0;
    IF settles IS NOT NULL AND one = held_account THEN
      freed := held_amount;
      taken := -amount;
      IF taken < 0 OR taken > held_amount THEN
        RAISE EXCEPTION 'the leg takes % of % reserved', taken, held_amount USING ERRCODE = 'LG005';
      END IF;
    END IF;
    UPDATE ledger_balance b SET posted = b.posted + amount, reserved = b.reserved - freed,
        last_effective_at = greatest(b.last_effective_at, instant)
      WHERE b.account_id = one AND (b.may_go_negative OR amount > 0 OR b.posted + amount >= b.reserved - freed)
      RETURNING b.posted, b.last_effective_at, b.label, b.instrument_id INTO after, seen_at, name, instrument;
    IF NOT FOUND THEN
      PERFORM ledger_refuse_twin(new_key);
      PERFORM ledger_refuse(one, amount);
    END IF;
    IF seen_at > latest THEN
      latest := seen_at;
    END IF;
    lines := concat(lines, name, ' ', amount, ' ', after, E'\n');
    afters := afters || after;
    instruments := instruments || instrument;
  END LOOP;
  IF legs > 2 OR instruments[1] <> instruments[2] OR moved[1] + moved[2] <> 0 THEN
    SELECT u.instrument, sum(u.amount) AS total INTO known FROM unnest(instruments, moved) AS u(instrument, amount)
      GROUP BY u.instrument HAVING sum(u.amount) <> 0 LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'the legs of instrument % sum to %, not to zero', known.instrument, known.total USING ERRCODE = 'LG008';
    END IF;
  END IF;
  IF latest > instant THEN
    IF latest > instant + interval '5 minutes' THEN
      RAISE EXCEPTION 'effective at % lies before the last entry of one of its accounts, at %', instant, latest
        USING ERRCODE = 'LG003';
    END IF;
    UPDATE ledger_balance b SET last_effective_at = latest WHERE b.account_id = ANY(ordered);
  END IF;
  transaction_id := gen_random_uuid(); effective_at := latest; replayed := false;
  event := nextval('audit_event_id_seq');
  facts := ledger_facts(body, latest, legs, sha256(convert_to(lines, 'UTF8')), new_key, new_kind, new_memo, new_reference);
  IF told IS NULL THEN
    INSERT INTO audit_event (id, happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject, reason, facts)
      OVERRIDING SYSTEM VALUE
      VALUES (event, instant, actor[1], actor[2], actor[3], actor[4], actor[5], 'ledger.posted',
              'transaction:' || transaction_id, '', facts);
  ELSE
    INSERT INTO audit_event (id, happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject,
                             organisation, reason, facts)
      OVERRIDING SYSTEM VALUE
      VALUES (event, instant, actor[1], actor[2], actor[3], actor[4], actor[5], 'ledger.posted',
              'transaction:' || transaction_id, NULL, '', facts),
             (nextval('audit_event_id_seq'), instant, actor[1], actor[2], actor[3], actor[4], actor[5], told[1], told[2],
              told[3]::uuid, told[4], told[5]);
  END IF;
  -- A rival under the same key makes this fail at the key's unique constraint, which the caller reads as LG004.
  INSERT INTO ledger_transaction
      (transaction_id, key, kind, reference, memo, body_hash, entry_count, event, effective_at)
    VALUES (transaction_id, new_key, new_kind, new_reference, new_memo, body, legs, event, latest)
    RETURNING id INTO made;
  IF legs = 2 THEN
    INSERT INTO ledger_entry (transaction_id, account_id, instrument_id, amount, balance_after, effective_at)
      VALUES (made, ordered[1], instruments[1], moved[1], afters[1], latest),
             (made, ordered[2], instruments[2], moved[2], afters[2], latest);
  ELSE
    INSERT INTO ledger_entry (transaction_id, account_id, instrument_id, amount, balance_after, effective_at)
      SELECT made, u.account, u.instrument, u.amount, u.after, latest
      FROM unnest(ordered, instruments, moved, afters) AS u(account, instrument, amount, after);
  END IF;
  IF message IS NOT NULL THEN
    INSERT INTO outbox_message (topic, key, payload, state, attempts, created_at, available_at, last_error)
      VALUES (message[1], message[2], message[3]::jsonb, 'waiting', 0, instant, message[4]::timestamptz, '')
      ON CONFLICT (topic, key) DO NOTHING;
  END IF;
  IF settles IS NOT NULL THEN
    INSERT INTO ledger_reservation_end (reservation_id, settled, transaction_id, event, ended_at)
      VALUES (held_id, taken, made, event, latest);
  END IF;
END $$;

-- Whoever waited for a lock may find that the same posting went through meanwhile: what it lacks now, its twin took.
CREATE FUNCTION ledger_refuse_twin(VARIADIC keys text[]) RETURNS void LANGUAGE plpgsql
  SET search_path = public, pg_temp AS $$
DECLARE
  taken text;
BEGIN
  SELECT t.key INTO taken FROM ledger_transaction t WHERE t.key = ANY(keys) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'key % is being posted by somebody else', taken USING ERRCODE = 'LG004';
  END IF;
END $$;

-- Says why a balance could not be changed.
CREATE FUNCTION ledger_refuse(account bigint, amount numeric) RETURNS void LANGUAGE plpgsql
  SET search_path = public, pg_temp AS $$
DECLARE
  found_balance record;
BEGIN
  SELECT b.posted, b.reserved, a.label INTO found_balance
    FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id WHERE b.account_id = account;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no account %', account USING ERRCODE = 'LG006';
  END IF;
  RAISE EXCEPTION '% has % free, % asked', found_balance.label, found_balance.posted - found_balance.reserved, -amount
    USING ERRCODE = 'LG002', DETAIL = json_build_object('account', account,
      'available', (found_balance.posted - found_balance.reserved)::text, 'asked', (-amount)::text)::text;
END $$;

-- The last judge, at commit: number of entries as declared, and zero per instrument.
CREATE FUNCTION ledger_transaction_check() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  counted bigint;
  uneven int;
BEGIN
  SELECT sum(e.counted), min(e.instrument_id) FILTER (WHERE e.total <> 0) INTO counted, uneven
    FROM (SELECT instrument_id, count(*) AS counted, sum(amount) AS total
          FROM ledger_entry WHERE transaction_id = NEW.id GROUP BY instrument_id) e;
  IF counted IS DISTINCT FROM NEW.entry_count THEN
    RAISE EXCEPTION 'transaction % has % entries and declares %', NEW.key, coalesce(counted, 0), NEW.entry_count
      USING ERRCODE = '23514';
  END IF;
  IF uneven IS NOT NULL THEN
    RAISE EXCEPTION 'transaction %: entries of instrument % do not sum to zero', NEW.key, uneven USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION ledger_entry_same_transaction() RETURNS trigger LANGUAGE plpgsql
  SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM added n WHERE NOT EXISTS (
      SELECT FROM ledger_transaction t WHERE t.id = n.transaction_id AND t.xid = pg_current_xact_id())
  ) THEN
    RAISE EXCEPTION 'entries belong into the database transaction of their header' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION ledger_reserve(
  actor text[], instant timestamptz, new_key text, account bigint, asked numeric, new_reference text
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  known record;
  made uuid := gen_random_uuid();
BEGIN
  SELECT r.reservation_id, r.account_id, r.amount, r.reference INTO known FROM ledger_reservation r WHERE r.key = new_key;
  IF FOUND THEN
    IF (known.account_id, known.amount, known.reference) IS DISTINCT FROM (account, asked, new_reference::varchar) THEN
      RAISE EXCEPTION 'key % was used with another body', new_key USING ERRCODE = 'LG001';
    END IF;
    RETURN known.reservation_id;
  END IF;
  IF NOT asked > 0 OR asked = 'NaN' THEN
    RAISE EXCEPTION 'a reservation is above zero' USING ERRCODE = 'LG005';
  END IF;
  UPDATE ledger_balance b SET reserved = b.reserved + asked
    WHERE b.account_id = account AND b.posted - b.reserved >= asked;
  IF NOT FOUND THEN
    IF EXISTS (SELECT FROM ledger_reservation r WHERE r.key = new_key) THEN
      RAISE EXCEPTION 'key % is being used by somebody else', new_key USING ERRCODE = 'LG004';
    END IF;
    PERFORM ledger_refuse(account, -asked);
  END IF;
  BEGIN
    INSERT INTO ledger_reservation (reservation_id, key, account_id, amount, reference, event, reserved_at)
      VALUES (made, new_key, account, asked, new_reference,
        ledger_event(actor, instant, 'ledger.reserved', 'reservation:' || made,
          '{"account":' || to_json((SELECT label FROM ledger_account WHERE id = account))::text || ',"amount":"' || asked
          || '","key":' || to_json(new_key)::text || ',"reference":' || to_json(new_reference)::text || '}'), instant);
  EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'key % is being used by somebody else', new_key USING ERRCODE = 'LG004';
  END;
  RETURN made;
END $$;

CREATE FUNCTION ledger_release(actor text[], instant timestamptz, reservation uuid) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  held record;
  ended numeric;
BEGIN
  SELECT r.id, r.account_id, r.amount INTO held FROM ledger_reservation r WHERE r.reservation_id = reservation FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no reservation %', reservation USING ERRCODE = 'LG006';
  END IF;
  SELECT e.settled INTO ended FROM ledger_reservation_end e WHERE e.reservation_id = held.id;
  IF FOUND THEN
    IF ended > 0 THEN
      RAISE EXCEPTION 'reservation % was settled', reservation USING ERRCODE = 'LG007';
    END IF;
    RETURN false;
  END IF;
  UPDATE ledger_balance b SET reserved = b.reserved - held.amount WHERE b.account_id = held.account_id;
  INSERT INTO ledger_reservation_end (reservation_id, settled, transaction_id, event, ended_at)
    VALUES (held.id, 0, NULL, ledger_event(actor, instant, 'ledger.released', 'reservation:' || reservation, '{}'), instant);
  RETURN true;
END $$;
