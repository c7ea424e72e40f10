-- Text as teams of this domain write it, from a grammar: who, did, what, where, and a reason. The same numbers give the
-- same text. Every tenth message speaks of a deployment, every hundredth of an invoice, every thousandth of a timezone.
CREATE FUNCTION pick(words text[], n bigint, salt int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT words[1 + abs(hashint8extended(n, salt) % array_length(words, 1))];
$$;
CREATE FUNCTION clause(n bigint, salt int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT concat_ws(' ',
    pick(ARRAY['I', 'we', 'the customer', 'forge', 'the night build', 'support', 'probe', 'the mobile team', 'Ines', 'Tomasz'], n, salt),
    pick(ARRAY['reproduced', 'fixed', 'measured', 'reverted', 'reviewed', 'cannot explain', 'postponed', 'documented', 'tested', 'reported', 'merged', 'profiled'], n, salt + 1),
    pick(ARRAY['the upload queue', 'the session cursor', 'the retry timer', 'the login page', 'the migration', 'the board filter', 'the message order', 'the rate limit', 'the search index', 'the webhook', 'the cache', 'the permission check', 'the dark theme', 'the settings dialog', 'the export', 'the attachment preview'], n, salt + 2),
    pick(ARRAY['on staging', 'in production', 'on my phone', 'after a restart', 'under load', 'with two clients', 'behind the proxy', 'in the nightly run', 'on the slow network', 'with an empty cache'], n, salt + 3));
$$;
CREATE FUNCTION message_text(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT initcap(left(clause(n, 11), 1)) || substr(clause(n, 11), 2) || '. ' ||
    CASE WHEN n % 10 = 3 THEN 'Ready to deploy. ' ELSE '' END ||
    CASE WHEN n % 100 = 7 THEN 'The invoice for the customer is affected too. ' ELSE '' END ||
    CASE WHEN n % 1000 = 9 THEN 'It happens only when the timezone changes. ' ELSE '' END ||
    CASE WHEN n % 4 = 0 THEN 'See ' || pick(ARRAY['AUTH', 'SYNC', 'PAY', 'UI'], n, 5) || '-' || (abs(hashint8extended(n, 6)) % 5000) || '. ' ELSE '' END ||
    pick(ARRAY['Because ', 'Then ', 'It seems that ', 'As far as I can tell, '], n, 7) || clause(n, 23) || '.' ||
    CASE WHEN n % 3 = 0 THEN ' Next: ' || clause(n, 37) || '.' ELSE '' END;
$$;

CREATE FUNCTION fill(p_org_id uuid, p_projects int, p_tasks int, p_messages bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO projects (org_id, id, name, description, created_at)
    SELECT p_org_id, uuidv7(), 'Project ' || n || ': ' || pick(ARRAY['billing', 'mobile client', 'search', 'onboarding', 'reports'], n, 1),
      clause(n, 51) || '; ' || clause(n, 61), now() - n * interval '1 day'
    FROM generate_series(1, p_projects) n;
  INSERT INTO tasks (org_id, id, project_id, title, description, created_at)
    SELECT p_org_id, uuidv7(), p.id, clause(n, 71), clause(n, 81) || '. ' || clause(n, 91), now() - n * interval '1 hour'
    FROM generate_series(1, p_tasks) n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS at FROM projects WHERE org_id = p_org_id) p ON p.at = 1 + n % p_projects;
  INSERT INTO messages (org_id, id, project_id, seq, content, created_at)
    SELECT p_org_id, uuidv7(), p.id, n, message_text(n), now() - (p_messages - n) * interval '30 seconds'
    FROM generate_series(1, p_messages) n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS at FROM projects WHERE org_id = p_org_id) p ON p.at = 1 + n % p_projects;
$$;
