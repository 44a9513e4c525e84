-- Closed billing periods and their frozen lines. What a line says of its task is copied, since the
-- task may change later; nothing here ever does but `checked_to`.

CREATE TABLE period (
  id bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL,               -- 2026, 2026-10, 2026-W41 or 2026-10-05
  begins_at bigint NOT NULL,
  ends_at bigint NOT NULL,         -- the first instant behind it
  tz text COLLATE "C" NOT NULL,
  prices text COLLATE "C",                      -- the price book, byte for byte; null: none was given
  closed_at bigint NOT NULL,
  line_count bigint NOT NULL,
  sha256 text COLLATE "C" NOT NULL,             -- of its report as CSV with default options
  unfinished bigint NOT NULL,      -- tasks that it closed without
  missing bigint NOT NULL,
  schema_version bigint NOT NULL,
  checked_to bigint NOT NULL       -- what later snapshots say of it is not in a closed period yet
);

CREATE TABLE report_line (
  id bigint PRIMARY KEY,
  period bigint NOT NULL,    -- whose report shows it
  incurred bigint NOT NULL,  -- whose zone and prices rule it
  billed_at bigint NOT NULL,
  line_id text COLLATE "C" NOT NULL UNIQUE,
  kind bigint NOT NULL,            -- core::LineKind
  reversal bigint NOT NULL,
  adjusts text COLLATE "C",
  task bigint NOT NULL,
  snapshot bigint NOT NULL,
  succeeded bigint NOT NULL,
  lost bigint NOT NULL,            -- a video's link had died by then before it was fetched
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
  labels text COLLATE "C",                      -- JSON object
  unit bigint,                     -- core::PriceUnit
  quantity text COLLATE "C",
  unit_price text COLLATE "C",
  currency text COLLATE "C",
  cost text COLLATE "C",
  cost_note text COLLATE "C"
);

CREATE INDEX report_line_by_time ON report_line (billed_at);
CREATE INDEX report_line_by_task ON report_line (task);

CREATE TRIGGER period_is_kept BEFORE DELETE ON period
FOR EACH ROW EXECUTE FUNCTION refuse('a closed period is never opened again');

CREATE TRIGGER period_is_fixed BEFORE UPDATE OF id, name, begins_at, ends_at, tz, prices, closed_at, line_count, sha256, unfinished, missing, schema_version ON period
FOR EACH ROW EXECUTE FUNCTION refuse('a closed period is never changed');

CREATE TRIGGER report_line_is_kept BEFORE DELETE ON report_line
FOR EACH ROW EXECUTE FUNCTION refuse('a line of a closed period is never deleted');

CREATE TRIGGER report_line_is_fixed BEFORE UPDATE ON report_line
FOR EACH ROW EXECUTE FUNCTION refuse('a line of a closed period is never changed');
