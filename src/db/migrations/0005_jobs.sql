-- The queue of background jobs. Its tables belong to a library (graphile-worker) and lie in the schema mc_jobs, which
-- belongs to the role of the workers; see src/db/queue/install.ts. The server's role has no right there: the functions below
-- are its only way in, and each of them keeps to the org in scope.
CREATE TABLE mc_jobs.beats (worker text PRIMARY KEY, beat_at timestamptz NOT NULL);
-- Failed jobs of an org, for its administrators.
CREATE INDEX jobs_failed_index ON mc_jobs._private_jobs ((payload ->> 'org_id'), id) WHERE attempts >= max_attempts;
-- The library leaves updated_at when an attempt fails; it tells when a job failed for good.
CREATE FUNCTION mc_jobs.note_failure() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER mc_failed BEFORE UPDATE OF last_error ON mc_jobs._private_jobs FOR EACH ROW EXECUTE FUNCTION mc_jobs.note_failure();
ALTER FUNCTION mc_jobs.note_failure() OWNER TO mc_worker;
ALTER TABLE mc_jobs.beats OWNER TO mc_worker;

-- Enqueues jobs in the caller's transaction. A payload names rows and carries nothing of them: its values are UUIDs. A job
-- of an org is enqueued in the scope of that org. With a key a waiting job of the same org, kind and key is replaced.
CREATE FUNCTION enqueue_jobs(p_jobs json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  j record;
BEGIN
  FOR j IN SELECT * FROM json_to_recordset(p_jobs) AS r(kind text, payload json, run_at timestamptz, key text, max_attempts int) LOOP
    IF j.kind IS NULL OR j.kind !~ '^[a-z_]{1,40}$' OR j.payload IS NULL OR json_typeof(j.payload) <> 'object'
       OR EXISTS (SELECT FROM json_each(j.payload) AS v WHERE json_typeof(v.value) <> 'string'
         OR v.value #>> '{}' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') THEN
      RAISE EXCEPTION 'A job has a kind, and a payload of ids' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (j.payload ->> 'org_id')::uuid IS DISTINCT FROM public.current_org_id() THEN
      RAISE EXCEPTION 'A job belongs to the org in scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM mc_jobs.add_job(j.kind, j.payload, run_at => j.run_at, max_attempts => j.max_attempts,
      job_key => CASE WHEN j.key IS NOT NULL THEN concat_ws(':', j.payload ->> 'org_id', j.kind, j.key) END);
  END LOOP;
END $$;

-- Jobs of the org in scope whose last attempt failed, newest first: one page, and how many there are.
CREATE FUNCTION failed_jobs(p_org_id uuid, p_limit int, p_offset int, OUT total bigint, OUT jobs json)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_org_id IS DISTINCT FROM public.current_org_id() THEN
    total := 0;
    jobs := '[]';
    RETURN;
  END IF;
  SELECT count(*) INTO total FROM mc_jobs._private_jobs j
  WHERE j.payload ->> 'org_id' = p_org_id::text AND j.attempts >= j.max_attempts AND j.locked_at IS NULL;
  SELECT coalesce(json_agg(page), '[]') INTO jobs FROM (
    SELECT j.id::text, t.identifier AS kind, j.attempts, left(j.last_error, 500) AS error, j.created_at, j.updated_at AS failed_at
    FROM mc_jobs._private_jobs j JOIN mc_jobs._private_tasks t ON t.id = j.task_id
    WHERE j.payload ->> 'org_id' = p_org_id::text AND j.attempts >= j.max_attempts AND j.locked_at IS NULL
    ORDER BY j.id DESC LIMIT p_limit OFFSET p_offset) AS page;
END $$;

-- Gives a failed job of the org in scope all its attempts again, from now. Returns its kind; null when there is no such job.
-- A repeated call finds the waiting job and changes nothing.
CREATE FUNCTION retry_job(p_org_id uuid, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_kind text;
BEGIN
  UPDATE mc_jobs._private_jobs j SET attempts = 0, run_at = now(), updated_at = now()
  WHERE j.id = p_id AND j.payload ->> 'org_id' = p_org_id::text AND p_org_id = public.current_org_id()
    AND j.attempts >= j.max_attempts AND j.locked_at IS NULL;
  IF FOUND THEN PERFORM pg_notify('jobs:insert', '{"count":1}'); END IF;
  SELECT t.identifier INTO found_kind FROM mc_jobs._private_jobs j JOIN mc_jobs._private_tasks t ON t.id = j.task_id
  WHERE j.id = p_id AND j.payload ->> 'org_id' = p_org_id::text AND p_org_id = public.current_org_id();
  RETURN found_kind;
END $$;

-- Removes the jobs of the org in scope: it is gone.
CREATE FUNCTION remove_jobs(p_org_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM mc_jobs._private_jobs j
  WHERE j.payload ->> 'org_id' = p_org_id::text AND p_org_id = public.current_org_id() AND j.locked_at IS NULL;
$$;

-- Removes jobs that failed for good `p_days` days ago. Returns how many.
CREATE FUNCTION remove_old_jobs(p_days int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH gone AS (
    DELETE FROM mc_jobs._private_jobs
    WHERE attempts >= max_attempts AND locked_at IS NULL AND updated_at < now() - make_interval(days => p_days) RETURNING id)
  SELECT count(*) FROM gone;
$$;

-- Jobs of the cluster by kind, for metrics.
CREATE FUNCTION job_counts() RETURNS TABLE (kind text, waiting bigint, running bigint, failed bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT t.identifier, count(j.id) FILTER (WHERE j.is_available), count(j.id) FILTER (WHERE j.locked_at IS NOT NULL),
    count(j.id) FILTER (WHERE j.locked_at IS NULL AND j.attempts >= j.max_attempts)
  FROM mc_jobs._private_tasks t LEFT JOIN mc_jobs._private_jobs j ON j.task_id = t.id GROUP BY t.identifier;
$$;

-- A worker says that it lives and which jobs it has under way. The library holds a job's lock for four hours; here a job is
-- free again when its worker has not spoken for `p_lease_ms`, or when its worker lives and has never heard of it: the answer
-- that carried the job was lost. Only the latter gets the attempt back: a job that ends its process must come to an end.
-- A lock younger than the lease is left alone, so a job that was taken or ended a moment ago keeps its worker.
CREATE FUNCTION mc_beat(p_worker text, p_lease_ms int, p_under_way bigint[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  since timestamptz := now() - p_lease_ms * interval '1 millisecond';
  unheard int;
  left_behind int;
BEGIN
  INSERT INTO mc_jobs.beats AS b (worker, beat_at) VALUES (p_worker, now())
    ON CONFLICT (worker) DO UPDATE SET beat_at = excluded.beat_at;
  UPDATE mc_jobs._private_jobs SET locked_at = NULL, locked_by = NULL, attempts = greatest(attempts - 1, 0)
  WHERE id IN (SELECT id FROM mc_jobs._private_jobs
    WHERE locked_by = p_worker AND locked_at < since AND id <> ALL (p_under_way) FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS unheard = ROW_COUNT;
  UPDATE mc_jobs._private_jobs SET locked_at = NULL, locked_by = NULL, run_at = greatest(run_at, now()), updated_at = now(),
    last_error = 'The server ended while the job ran.'
  WHERE id IN (SELECT j.id FROM mc_jobs._private_jobs j
    WHERE j.locked_by <> p_worker AND j.locked_at < since
      AND NOT EXISTS (SELECT FROM mc_jobs.beats b WHERE b.worker = j.locked_by AND b.beat_at >= since) FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS left_behind = ROW_COUNT;
  -- A named queue is locked with its job, and is free without one.
  UPDATE mc_jobs._private_job_queues SET locked_at = NULL, locked_by = NULL
  WHERE id IN (SELECT q.id FROM mc_jobs._private_job_queues q
    WHERE q.locked_at < since
      AND NOT EXISTS (SELECT FROM mc_jobs._private_jobs j WHERE j.job_queue_id = q.id AND j.locked_at IS NOT NULL)
    FOR UPDATE SKIP LOCKED);
  DELETE FROM mc_jobs.beats WHERE beat_at < since - interval '1 day';
  IF unheard + left_behind > 0 THEN PERFORM pg_notify('jobs:insert', json_build_object('count', unheard + left_behind)::text); END IF;
  RETURN unheard + left_behind;
END $$;

-- A worker that stops gives its jobs back, without their attempt.
CREATE FUNCTION mc_give_back(p_worker text, p_ids bigint[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  given int;
BEGIN
  WITH given_back AS (
    UPDATE mc_jobs._private_jobs SET locked_at = NULL, locked_by = NULL, attempts = greatest(attempts - 1, 0)
    WHERE locked_by = p_worker AND id = ANY (p_ids) RETURNING job_queue_id
  ), freed AS (
    UPDATE mc_jobs._private_job_queues q SET locked_at = NULL, locked_by = NULL FROM given_back g
    WHERE q.id = g.job_queue_id AND q.locked_by = p_worker
  )
  SELECT count(*) INTO given FROM given_back;
  IF given > 0 THEN PERFORM pg_notify('jobs:insert', json_build_object('count', given)::text); END IF;
  RETURN given;
END $$;

GRANT CREATE ON SCHEMA public TO mc_worker;
ALTER FUNCTION enqueue_jobs(json) OWNER TO mc_worker;
ALTER FUNCTION failed_jobs(uuid, int, int) OWNER TO mc_worker;
ALTER FUNCTION retry_job(uuid, bigint) OWNER TO mc_worker;
ALTER FUNCTION remove_jobs(uuid) OWNER TO mc_worker;
ALTER FUNCTION remove_old_jobs(int) OWNER TO mc_worker;
ALTER FUNCTION job_counts() OWNER TO mc_worker;
ALTER FUNCTION mc_beat(text, int, bigint[]) OWNER TO mc_worker;
ALTER FUNCTION mc_give_back(text, bigint[]) OWNER TO mc_worker;
REVOKE CREATE ON SCHEMA public FROM mc_worker;
REVOKE ALL ON FUNCTION enqueue_jobs(json), failed_jobs(uuid, int, int), retry_job(uuid, bigint), remove_jobs(uuid), remove_old_jobs(int),
  job_counts(), mc_beat(text, int, bigint[]), mc_give_back(text, bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_jobs(json), failed_jobs(uuid, int, int), retry_job(uuid, bigint), remove_jobs(uuid), remove_old_jobs(int),
  job_counts() TO mc_app;
