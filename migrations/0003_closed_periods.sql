-- Closed billing periods and their frozen lines. What a line says of its task is copied, since the
-- task may change later; nothing here ever does but `checked_to`.

CREATE TABLE period (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,               -- 2026, 2026-10, 2026-W41 or 2026-10-05
  begins_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,         -- the first instant behind it
  tz TEXT NOT NULL,
  prices TEXT,                      -- the price book, byte for byte; null: none was given
  closed_at INTEGER NOT NULL,
  line_count INTEGER NOT NULL,
  sha256 TEXT NOT NULL,             -- of its report as CSV with default options
  unfinished INTEGER NOT NULL,      -- tasks that it closed without
  missing INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  checked_to INTEGER NOT NULL       -- what later snapshots say of it is not in a closed period yet
) STRICT;

CREATE TABLE report_line (
  id INTEGER PRIMARY KEY,
  period INTEGER NOT NULL REFERENCES period (id),    -- whose report shows it
  incurred INTEGER NOT NULL REFERENCES period (id),  -- whose zone and prices rule it
  billed_at INTEGER NOT NULL,
  line_id TEXT NOT NULL UNIQUE,
  kind INTEGER NOT NULL,            -- core::LineKind
  reversal INTEGER NOT NULL,
  adjusts TEXT,
  task INTEGER NOT NULL REFERENCES task (id),
  snapshot INTEGER NOT NULL REFERENCES snapshot (id),
  succeeded INTEGER NOT NULL,
  lost INTEGER NOT NULL,            -- a video's link had died by then before it was fetched
  submit_time INTEGER,
  start_time INTEGER,
  finish_time INTEGER,
  upstream_end_time INTEGER,
  model TEXT,
  action TEXT,
  resolution TEXT,
  ratio TEXT,
  duration_seconds TEXT,
  input_seconds TEXT,
  output_seconds TEXT,
  video_count TEXT,
  completion_tokens TEXT,
  total_tokens TEXT,
  super_resolution_tokens TEXT,
  units TEXT,
  credits TEXT,
  quota TEXT,
  fail_reason TEXT,
  labels TEXT,                      -- JSON object
  unit INTEGER,                     -- core::PriceUnit
  quantity TEXT,
  unit_price TEXT,
  currency TEXT,
  cost TEXT,
  cost_note TEXT
) STRICT;

CREATE INDEX report_line_by_time ON report_line (billed_at);
CREATE INDEX report_line_by_task ON report_line (task);

CREATE TRIGGER period_is_kept BEFORE DELETE ON period
BEGIN
  SELECT raise(ABORT, 'a closed period is never opened again');
END;

CREATE TRIGGER period_is_fixed
BEFORE UPDATE OF id, name, begins_at, ends_at, tz, prices, closed_at, line_count, sha256,
  unfinished, missing, schema_version ON period
BEGIN
  SELECT raise(ABORT, 'a closed period is never changed');
END;

CREATE TRIGGER report_line_is_kept BEFORE DELETE ON report_line
BEGIN
  SELECT raise(ABORT, 'a line of a closed period is never deleted');
END;

CREATE TRIGGER report_line_is_fixed BEFORE UPDATE ON report_line
BEGIN
  SELECT raise(ABORT, 'a line of a closed period is never changed');
END;
