-- A run as people look back at it. What its summary says is empty until it has ended.
CREATE VIEW v_run AS
SELECT
  r.id AS run_id,
  utc_milliseconds(r.started_at) AS started_at,
  utc_milliseconds(r.finished_at) AS finished_at,
  r.finished_at - r.started_at AS took_ms,
  r.host AS host,
  r.version AS version,
  nullif(r.crew, '') AS crew,
  r.inputs AS inputs,
  r.exit_code AS exit_code,
  (r.summary::json ->> 'rows_rejected')::bigint AS rows_rejected,
  (r.summary::json ->> 'tasks')::bigint AS tasks,
  (r.summary::json ->> 'queried')::bigint AS queried,
  (r.summary::json ->> 'succeeded')::bigint AS succeeded,
  (r.summary::json ->> 'failed')::bigint AS failed,
  (r.summary::json ->> 'unfinished')::bigint AS unfinished,
  (r.summary::json ->> 'missing')::bigint AS missing,
  (r.summary::json ->> 'not_answered')::bigint AS not_answered,
  (r.summary::json ->> 'videos_downloaded')::bigint AS videos_downloaded,
  (r.summary::json ->> 'videos_failed')::bigint AS videos_failed,
  (r.summary::json ->> 'videos_expired')::bigint AS videos_expired,
  (r.summary::json ->> 'videos_left')::bigint AS videos_left,
  (r.summary::json ->> 'bytes')::bigint AS bytes,
  (r.summary::json ->> 'requests')::bigint AS requests,
  (r.summary::json ->> 'retries')::bigint AS retries,
  r.summary::json ->> 'errors' AS errors
FROM run AS r;
