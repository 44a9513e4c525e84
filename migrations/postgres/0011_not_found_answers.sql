-- A task is missing when three runs in a row did not find it, and three answers said so, each ten
-- minutes or more after the one counted before.
ALTER TABLE task ADD COLUMN not_found_answers bigint NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN not_found_at bigint;  -- when the last of those answers came

-- What makes a task missing by the answers of this run. 0: three runs; 1: three answers as well.
ALTER TABLE run ADD COLUMN missing_rule bigint NOT NULL DEFAULT 0;
