-- What lists said that the ledger does not follow.

-- Tasks that were taken back (`forget`): their snapshots stay, but they are neither asked about nor
-- counted among the unfinished and missing ones, until a list names them again.
CREATE TABLE forgotten (
  task bigint PRIMARY KEY,
  forgotten_at bigint NOT NULL
);

-- A list with another value than the task's: of a label, or of the column `model`.
CREATE TABLE label_change (
  id bigint PRIMARY KEY,
  task bigint NOT NULL,
  run bigint NOT NULL,  -- the first that heard so
  name text COLLATE "C" NOT NULL,
  ledger_value text COLLATE "C" NOT NULL,
  list_value text COLLATE "C" NOT NULL,
  taken bigint NOT NULL            -- 1: the list's value is the task's from then on (--relabel)
);

CREATE INDEX label_change_by_task ON label_change (task);

CREATE TRIGGER label_change_is_kept BEFORE DELETE ON label_change
FOR EACH ROW EXECUTE FUNCTION refuse('what a list said is never deleted');

CREATE TRIGGER label_change_is_fixed BEFORE UPDATE ON label_change
FOR EACH ROW EXECUTE FUNCTION refuse('what a list said is never changed');

-- Rejected rows that were told of, so that `run -q` need not tell them again: hashes of the source's
-- name and of the row.
CREATE TABLE told_rejection (
  source bigint NOT NULL,
  mark bigint NOT NULL,
  run bigint NOT NULL,  -- the last that met it
  PRIMARY KEY (source, mark)
);

DROP VIEW v_task;
CREATE VIEW v_task AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  CASE WHEN f.task IS NOT NULL THEN 'forgotten' WHEN t.state = 0 THEN 'unfinished'
    WHEN t.state = 1 THEN 'succeeded' WHEN t.state = 2 THEN 'failed' ELSE 'missing' END AS state,
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
  (t.state = 0 AND f.task IS NULL AND now_milliseconds() - coalesce(t.submit_time, t.first_seen) >
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1))::integer::bigint AS stale
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN forgotten AS f ON f.task = t.id
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;

CREATE VIEW v_label_change AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  c.run AS run_id,
  c.name AS name,
  c.ledger_value AS ledger_value,
  c.list_value AS list_value,
  c.taken AS taken
FROM label_change AS c
JOIN task AS t ON t.id = c.task
JOIN account AS a ON a.id = t.account;
