-- Many postings in a few statements. Legs come flat: leg n belongs to the posting numbered places[n] (from 1).
-- The working tables are made anew in each call: one that a caller left lying would run with the owner's rights.
-- Postings whose key is known with the same body are left out; the answer has a row for each of them all.
CREATE FUNCTION ledger_post_many(
  actor text[], instant timestamptz, keys text[], kinds text[], refs text[], memos text[],
  places int[], accounts bigint[], amounts numeric[]
) RETURNS TABLE (place int, transaction_id uuid, effective_at timestamptz, replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  latest timestamptz;
  short record;
  wrong text;
BEGIN
  IF EXISTS (SELECT FROM unnest(amounts) AS u(amount)
             WHERE amount IS NULL OR amount = 0 OR amount = 'NaN' OR amount <> trunc(amount) OR abs(amount) >= 1e38) THEN
    RAISE EXCEPTION 'an amount is zero, not whole, not a number, or beyond 38 digits' USING ERRCODE = 'LG005';
  END IF;
  IF instant > clock_timestamp() + interval '1 minute' THEN
    RAISE EXCEPTION 'effective at % lies in the future', instant USING ERRCODE = 'LG003';
  END IF;
  CREATE TEMP TABLE batch_posting (
    place int, key text, kind text, reference text, memo text, body bytea, legs int, id bigint, event bigint,
    transaction_id uuid, effective_at timestamptz, replayed boolean);
  CREATE TEMP TABLE batch_leg (
    n bigint, place int, account bigint, amount numeric, instrument int, label text, after numeric);

  INSERT INTO batch_posting (place, key, kind, reference, memo, body, legs)
    SELECT p.place, p.key, p.kind, p.reference, p.memo,
           ledger_body_hash(p.kind, p.reference, p.memo, l.accounts, l.amounts, NULL), l.legs
    FROM unnest(keys, kinds, refs, memos) WITH ORDINALITY AS p(key, kind, reference, memo, place)
    JOIN (SELECT u.place, array_agg(u.account ORDER BY u.n) AS accounts, array_agg(u.amount ORDER BY u.n) AS amounts,
                 count(*) AS legs
          FROM unnest(places, accounts, amounts) WITH ORDINALITY AS u(place, account, amount, n) GROUP BY u.place) l
      ON l.place = p.place;
  IF (SELECT count(*) FROM batch_posting WHERE legs >= 2) <> cardinality(keys) THEN
    RAISE EXCEPTION 'a posting has two legs or more' USING ERRCODE = 'LG005';
  END IF;
  -- The planner takes a new table for a small one, and would compare every leg with every balance.
  IF cardinality(accounts) > 100 THEN
    ANALYZE batch_posting;
  END IF;
  UPDATE batch_posting b SET transaction_id = t.transaction_id, effective_at = t.effective_at, replayed = true
    FROM ledger_transaction t WHERE t.key = b.key AND t.body_hash = b.body;
  SELECT b.key INTO wrong FROM batch_posting b JOIN ledger_transaction t ON t.key = b.key
    WHERE b.replayed IS NULL AND t.body_hash <> b.body LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'key % was posted with another body', wrong USING ERRCODE = 'LG001';
  END IF;

  -- Locked in account order; balances after each leg by counting back from the new balance.
  CREATE TEMP TABLE batch_balance (
    account bigint, posted numeric, reserved numeric, may_go_negative boolean, seen_at timestamptz,
    total numeric, instrument int, label text);
  WITH fresh AS (
    SELECT u.account, sum(u.amount) AS total
    FROM unnest(places, accounts, amounts) AS u(place, account, amount)
    JOIN batch_posting p ON p.place = u.place AND p.replayed IS NULL GROUP BY u.account),
  held AS (
    SELECT b.account_id, b.posted + f.total, b.reserved, b.may_go_negative, b.last_effective_at, f.total,
           a.instrument_id, a.label FROM fresh f
    JOIN ledger_balance b ON b.account_id = f.account JOIN ledger_account a ON a.id = b.account_id
    ORDER BY b.account_id FOR UPDATE OF b)
  INSERT INTO batch_balance SELECT * FROM held;
  IF cardinality(accounts) > 100 THEN
    ANALYZE batch_balance;
  END IF;

  INSERT INTO batch_leg (n, place, account, amount, instrument, label, after)
    SELECT u.n, u.place, u.account, u.amount, c.instrument, c.label,
           c.posted - c.total + sum(u.amount) OVER (PARTITION BY u.account ORDER BY u.n)
    FROM unnest(places, accounts, amounts) WITH ORDINALITY AS u(place, account, amount, n)
    JOIN batch_posting p ON p.place = u.place AND p.replayed IS NULL
    LEFT JOIN batch_balance c ON c.account = u.account;
  IF cardinality(accounts) > 100 THEN
    ANALYZE batch_leg (place, account, instrument);
  END IF;
  PERFORM ledger_refuse(l.account, l.amount) FROM batch_leg l WHERE l.instrument IS NULL LIMIT 1;
  SELECT l.account, l.amount, l.after - l.amount - c.reserved AS available, l.label INTO short
    FROM batch_leg l JOIN batch_balance c ON c.account = l.account
    WHERE NOT c.may_go_negative AND l.amount < 0 AND l.after < c.reserved LIMIT 1;
  IF FOUND THEN
    PERFORM ledger_refuse_twin(VARIADIC ARRAY(SELECT p.key FROM batch_posting p WHERE p.replayed IS NULL));
    RAISE EXCEPTION '% has % free, % asked', short.label, short.available, -short.amount USING ERRCODE = 'LG002',
      DETAIL = json_build_object('account', short.account, 'available', short.available::text,
                                 'asked', (-short.amount)::text)::text;
  END IF;
  SELECT l.place, l.instrument, sum(l.amount) AS total INTO short FROM batch_leg l
    GROUP BY l.place, l.instrument HAVING sum(l.amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'posting %: the legs of instrument % sum to %, not to zero', short.place, short.instrument, short.total
      USING ERRCODE = 'LG008';
  END IF;
  SELECT greatest(instant, max(c.seen_at)) INTO latest FROM batch_balance c;
  IF latest > instant + interval '5 minutes' THEN
    RAISE EXCEPTION 'effective at % lies before the last entry of one of its accounts, at %', instant, latest
      USING ERRCODE = 'LG003';
  END IF;
  UPDATE ledger_balance b SET posted = c.posted, last_effective_at = latest FROM batch_balance c
    WHERE b.account_id = c.account;

  UPDATE batch_posting b SET id = nextval(pg_get_serial_sequence('ledger_transaction', 'id')),
      event = nextval(pg_get_serial_sequence('audit_event', 'id')), transaction_id = gen_random_uuid(),
      effective_at = latest WHERE b.replayed IS NULL;
  INSERT INTO audit_event (id, happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject, reason, facts)
    OVERRIDING SYSTEM VALUE
    SELECT b.event, instant, actor[1], actor[2], actor[3], actor[4], actor[5], 'ledger.posted',
           'transaction:' || b.transaction_id, '',
           ledger_facts(b.body, latest, b.legs, h.lines, b.key, b.kind, b.memo, b.reference)
    FROM batch_posting b JOIN (
      SELECT l.place, sha256(convert_to(string_agg(
        l.label || ' ' || l.amount || ' ' || l.after || E'\n', '' ORDER BY l.account, l.n), 'UTF8')) AS lines
      FROM batch_leg l GROUP BY l.place) h ON h.place = b.place
    ORDER BY b.place;
  INSERT INTO ledger_transaction (id, transaction_id, key, kind, reference, memo, body_hash, entry_count, event,
                                  effective_at)
    OVERRIDING SYSTEM VALUE
    SELECT b.id, b.transaction_id, b.key, b.kind, b.reference, b.memo, b.body, b.legs, b.event, latest
    FROM batch_posting b WHERE b.replayed IS NULL ORDER BY b.place;
  INSERT INTO ledger_entry (transaction_id, account_id, instrument_id, amount, balance_after, effective_at)
    SELECT b.id, l.account, l.instrument, l.amount, l.after, latest
    FROM batch_leg l JOIN batch_posting b ON b.place = l.place ORDER BY l.n;
  RETURN QUERY SELECT b.place, b.transaction_id, b.effective_at, b.replayed IS NOT NULL FROM batch_posting b ORDER BY b.place;
  DROP TABLE batch_posting, batch_leg, batch_balance;
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'one of these keys is being posted by somebody else' USING ERRCODE = 'LG004';
END $$;
