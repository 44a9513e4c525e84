-- A run as people look back at it. What its summary says is empty until it has ended.
CREATE VIEW v_run AS
SELECT
  r.id AS run_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at / 1000.0, 'unixepoch') AS started_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.finished_at / 1000.0, 'unixepoch') AS finished_at,
  r.finished_at - r.started_at AS took_ms,
  r.host AS host,
  r.version AS version,
  nullif(r.crew, '') AS crew,
  r.inputs AS inputs,
  r.exit_code AS exit_code,
  (SELECT value FROM json_each(r.summary) WHERE key = 'rows_rejected') AS rows_rejected,
  (SELECT value FROM json_each(r.summary) WHERE key = 'tasks') AS tasks,
  (SELECT value FROM json_each(r.summary) WHERE key = 'queried') AS queried,
  (SELECT value FROM json_each(r.summary) WHERE key = 'succeeded') AS succeeded,
  (SELECT value FROM json_each(r.summary) WHERE key = 'failed') AS failed,
  (SELECT value FROM json_each(r.summary) WHERE key = 'unfinished') AS unfinished,
  (SELECT value FROM json_each(r.summary) WHERE key = 'missing') AS missing,
  (SELECT value FROM json_each(r.summary) WHERE key = 'not_answered') AS not_answered,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_downloaded') AS videos_downloaded,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_failed') AS videos_failed,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_expired') AS videos_expired,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_left') AS videos_left,
  (SELECT value FROM json_each(r.summary) WHERE key = 'bytes') AS bytes,
  (SELECT value FROM json_each(r.summary) WHERE key = 'requests') AS requests,
  (SELECT value FROM json_each(r.summary) WHERE key = 'retries') AS retries,
  (SELECT value FROM json_each(r.summary) WHERE key = 'errors') AS errors
FROM run AS r;
