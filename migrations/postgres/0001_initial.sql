-- The ledger on PostgreSQL: the tables of migrations/0001_initial.sql, and what several runners at
-- once need. Types are bigint, text by bytes, and bytea alone; 1 is true. There are no foreign keys:
-- each would lock a row of the table that it names, for every row that is added.

CREATE FUNCTION now_milliseconds() RETURNS bigint LANGUAGE sql VOLATILE
AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE FUNCTION utc_seconds(at bigint) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT to_char(timestamp '1970-01-01' + at / 1000 * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

CREATE FUNCTION utc_milliseconds(at bigint) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT to_char(timestamp '1970-01-01' + at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- The texts of a JSON array. No text holds U+0000 here.
CREATE FUNCTION texts_of(list text) RETURNS TABLE (value text, "position" bigint) LANGUAGE sql IMMUTABLE
AS $$ SELECT * FROM json_array_elements_text(replace(list, '\u0000', '\ufffd')::json) WITH ORDINALITY $$;

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'raise_exception'; END $$;

-- The next number of each kind, taken inside the transaction that uses it: no gap, and who has the
-- higher number committed later.
CREATE TABLE counter (
  name text COLLATE "C" PRIMARY KEY,
  next bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO counter (name, next) VALUES ('answer_block', 1), ('snapshot', 1), ('task', 1);

-- The runs that share the work list: one crew at a time. Its one row is the lock of the list.
CREATE TABLE crew (
  id bigint PRIMARY KEY CHECK (id = 1),
  name text COLLATE "C" NOT NULL    -- empty: one run alone
) WITH (fillfactor = 10);
INSERT INTO crew (id, name) VALUES (1, '');

-- What keeps runs apart. Times are the server's, in milliseconds since 1970.
CREATE TABLE runner (
  run bigint PRIMARY KEY,           -- run.id
  token text COLLATE "C" NOT NULL UNIQUE,  -- made by the runner: a repeated start is the same run
  crew text COLLATE "C" NOT NULL,
  process text COLLATE "C" NOT NULL,  -- where it runs, as it names itself
  alive_until bigint NOT NULL,
  lost bigint NOT NULL DEFAULT 0,   -- 1: declared dead; it may write nothing more
  committed bigint NOT NULL DEFAULT 0  -- its last transaction that is done
) WITH (fillfactor = 50);

CREATE TABLE account (
  id bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE run (
  id bigint PRIMARY KEY,
  started_at bigint NOT NULL,
  finished_at bigint,
  version text COLLATE "C" NOT NULL,
  host text COLLATE "C" NOT NULL,
  inputs text COLLATE "C" NOT NULL,             -- JSON array of the names given
  stale_after_ms bigint NOT NULL,
  summary text COLLATE "C",                     -- the run's summary as JSON
  exit_code bigint
);

-- One row a task. Numbers that the gateway sent are text, exact as sent.
CREATE TABLE task (
  id bigint PRIMARY KEY,
  account bigint NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  state bigint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
  first_seen bigint NOT NULL,
  last_query bigint,
  queries bigint NOT NULL DEFAULT 0,
  not_found_runs bigint NOT NULL DEFAULT 0,
  not_found_run bigint NOT NULL DEFAULT 0,
  last_snapshot bigint,            -- the newest snapshot of any kind
  status_snapshot bigint,          -- the newest one that says where the task stands
  final_snapshot bigint,           -- the one that reports use: the last of the final state
  input_model text COLLATE "C",                 -- from the input file; `model` from an answer beats it
  labels text COLLATE "C",                      -- JSON object in the input's order
  submit_time bigint,
  start_time bigint,
  finish_time bigint,
  upstream_end_time bigint,
  model text COLLATE "C",
  action text COLLATE "C",
  resolution text COLLATE "C",
  ratio text COLLATE "C",
  duration_seconds text COLLATE "C",
  input_seconds text COLLATE "C",
  output_seconds text COLLATE "C",
  video_count text COLLATE "C",
  completion_tokens text COLLATE "C",
  total_tokens text COLLATE "C",
  super_resolution_tokens text COLLATE "C",
  units text COLLATE "C",
  credits text COLLATE "C",
  quota text COLLATE "C",
  fail_reason text COLLATE "C",
  UNIQUE (account, task_id)
) WITH (fillfactor = 70);

CREATE INDEX task_unfinished ON task (id) WHERE state = 0;

-- What the runs in progress want: emptied when the next crew starts.
CREATE TABLE work (
  task bigint PRIMARY KEY,
  settled bigint NOT NULL DEFAULT 0,  -- 1: asked no more in this run
  run bigint NOT NULL DEFAULT 0     -- whose it is; 0: anybody's of the crew
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX work_free ON work (task) WHERE run = 0;
CREATE INDEX work_open ON work (run) WHERE settled = 0;

-- What many answers have in common, once.
CREATE TABLE outcome (
  id bigint PRIMARY KEY,
  http_status bigint NOT NULL,
  verdict bigint NOT NULL,
  code text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  progress text COLLATE "C" NOT NULL,
  usage_names text COLLATE "C" NOT NULL,        -- JSON array
  UNIQUE (http_status, verdict, code, status, progress, usage_names)
);

-- Raw answers, many to a block: a block is zstd of their concatenation with the dictionary, and
-- `lengths` the size of each slot (LEB128), 0 for one that was pruned.
CREATE TABLE dictionary (
  id bigint PRIMARY KEY,
  content bytea NOT NULL
);

CREATE TABLE answer_block (
  id bigint PRIMARY KEY,
  dictionary bigint NOT NULL,
  lengths bytea NOT NULL,
  content bytea NOT NULL
) PARTITION BY RANGE (id);

-- Pruning drops a partition whose answers are all pruned. Those behind the last range stay together.
CREATE TABLE answer_block_rest PARTITION OF answer_block DEFAULT;
DO $$
DECLARE
  width constant bigint := 4000000;
BEGIN
  FOR n IN 0 .. 15 LOOP
    EXECUTE format('CREATE TABLE answer_block_%s PARTITION OF answer_block FOR VALUES FROM (%s) TO (%s)',
      n, n * width, (n + 1) * width);
    EXECUTE format('ALTER TABLE answer_block_%s ALTER content SET STORAGE EXTERNAL', n);
  END LOOP;
END $$;

-- Append only, numbered without a gap: one row for each HTTP answer about a task.
CREATE TABLE snapshot (
  id bigint PRIMARY KEY,
  task bigint NOT NULL,
  run bigint NOT NULL,
  observed_at bigint NOT NULL,
  outcome bigint NOT NULL,
  usage_values text COLLATE "C",                -- JSON array of texts, in the order of usage_names
  raw_bytes bigint NOT NULL,
  raw_sha256 bytea NOT NULL,
  block bigint,  -- an unchanged answer names the earlier slot
  slot bigint                      -- both null once pruned
);

CREATE INDEX snapshot_by_task ON snapshot (task, id);
CREATE INDEX snapshot_by_block ON snapshot (block);

CREATE TRIGGER snapshot_is_kept BEFORE DELETE ON snapshot
FOR EACH ROW EXECUTE FUNCTION refuse('a snapshot is never deleted');

CREATE TRIGGER snapshots_are_kept BEFORE TRUNCATE ON snapshot
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a snapshot is never deleted');

CREATE TRIGGER snapshot_is_fixed BEFORE UPDATE OF id, task, run, observed_at, outcome, usage_values, raw_bytes, raw_sha256 ON snapshot
FOR EACH ROW EXECUTE FUNCTION refuse('a snapshot is never changed');

-- A video's link is not here: it is a secret, and stands in the raw answer of `snapshot` alone.
CREATE TABLE video (
  task bigint NOT NULL,
  video_index bigint NOT NULL,
  snapshot bigint NOT NULL,
  state bigint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
  expires_at bigint,
  settled_run bigint NOT NULL DEFAULT 0,  -- the run that last tried it
  attempts bigint NOT NULL DEFAULT 0,     -- runs that tried
  denied bigint NOT NULL DEFAULT 0,       -- the last try was refused although the link should live
  path text COLLATE "C",
  bytes bigint,
  sha256 bytea,
  checks text COLLATE "C",
  saved_at bigint,
  last_error text COLLATE "C",
  PRIMARY KEY (task, video_index)
);

CREATE INDEX video_wanted ON video (coalesce(expires_at, 9223372036854775807)) WHERE state = 0;
CREATE INDEX video_by_path ON video (path) WHERE path IS NOT NULL;

CREATE VIEW usage_metric (snapshot, name, value) AS
SELECT s.id, n.value, v.value
FROM snapshot AS s
JOIN outcome AS o ON o.id = s.outcome
CROSS JOIN LATERAL texts_of(o.usage_names) AS n
JOIN LATERAL texts_of(s.usage_values) AS v ON v.position = n.position;

CREATE VIEW v_task AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  CASE t.state WHEN 0 THEN 'unfinished' WHEN 1 THEN 'succeeded' WHEN 2 THEN 'failed'
    ELSE 'missing' END AS state,
  nullif(o.status, '') AS status,
  nullif(o.progress, '') AS progress,
  coalesce(t.model, t.input_model) AS model,
  t.action AS action,
  utc_seconds(t.submit_time) AS submit_time,
  utc_seconds(t.start_time) AS start_time,
  utc_seconds(t.finish_time) AS finish_time,
  utc_milliseconds(t.upstream_end_time) AS upstream_end_time,
  utc_milliseconds(t.first_seen) AS first_seen,
  utc_milliseconds(t.last_query) AS last_query,
  t.queries AS queries,
  t.resolution AS resolution,
  t.ratio AS ratio,
  trim_scale(t.duration_seconds::numeric) AS duration_seconds,
  trim_scale(t.input_seconds::numeric) AS input_seconds,
  trim_scale(t.output_seconds::numeric) AS output_seconds,
  trim_scale(t.video_count::numeric) AS video_count,
  trim_scale(t.completion_tokens::numeric) AS completion_tokens,
  trim_scale(t.total_tokens::numeric) AS total_tokens,
  trim_scale(t.super_resolution_tokens::numeric) AS super_resolution_tokens,
  trim_scale(t.units::numeric) AS units,
  trim_scale(t.credits::numeric) AS credits,
  trim_scale(t.quota::numeric) AS quota,
  t.fail_reason AS fail_reason,
  t.labels AS labels,
  (SELECT count(*) FROM video AS v WHERE v.task = t.id) AS videos,
  (SELECT count(*) FROM video AS v WHERE v.task = t.id AND v.state = 1) AS videos_on_disk,
  (SELECT utc_seconds(min(v.expires_at))
   FROM video AS v WHERE v.task = t.id AND v.state = 0) AS soonest_expiry,
  (t.state = 0 AND now_milliseconds() - coalesce(t.submit_time, t.first_seen) >
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1))::integer::bigint AS stale
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;

CREATE VIEW v_snapshot AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  s.id AS snapshot_id,
  s.run AS run_id,
  utc_milliseconds(s.observed_at) AS observed_at,
  o.http_status AS http_status,
  nullif(o.code, '') AS code,
  nullif(o.status, '') AS status,
  nullif(o.progress, '') AS progress,
  s.raw_bytes AS raw_bytes,
  encode(s.raw_sha256, 'hex') AS raw_sha256
FROM snapshot AS s
JOIN task AS t ON t.id = s.task
JOIN account AS a ON a.id = t.account
JOIN outcome AS o ON o.id = s.outcome;

CREATE VIEW v_usage AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  s.id AS snapshot_id,
  utc_milliseconds(s.observed_at) AS observed_at,
  n.value AS name,
  v.value AS value
FROM snapshot AS s
JOIN task AS t ON t.id = s.task
JOIN account AS a ON a.id = t.account
JOIN outcome AS o ON o.id = s.outcome
CROSS JOIN LATERAL texts_of(o.usage_names) AS n
JOIN LATERAL texts_of(s.usage_values) AS v ON v.position = n.position;

CREATE VIEW v_video AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  v.video_index AS video_index,
  CASE v.state WHEN 0 THEN 'wanted' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'
    ELSE 'expired' END AS state,
  v.path AS path,
  v.bytes AS bytes,
  nullif(encode(v.sha256, 'hex'), '') AS sha256,
  utc_seconds(v.expires_at) AS expires_at,
  v.attempts AS attempts,
  v.last_error AS last_error
FROM video AS v
JOIN task AS t ON t.id = v.task
JOIN account AS a ON a.id = t.account;

CREATE VIEW v_daily AS
SELECT
  left(utc_seconds(coalesce(t.finish_time, s.observed_at)), 10) AS day,
  a.name AS account,
  coalesce(t.model, t.input_model) AS model,
  CASE t.state WHEN 1 THEN 'succeeded' ELSE 'failed' END AS state,
  count(*) AS tasks,
  trim_scale(sum(t.output_seconds::numeric)) AS output_seconds,
  trim_scale(sum(t.total_tokens::numeric)) AS total_tokens,
  sum((SELECT count(*) FROM video AS v WHERE v.task = t.id AND v.state = 1)) AS videos,
  sum((SELECT sum(v.bytes) FROM video AS v WHERE v.task = t.id AND v.state = 1)) AS bytes
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN snapshot AS s ON s.id = t.final_snapshot
WHERE t.state IN (1, 2)
GROUP BY 1, 2, 3, 4;
