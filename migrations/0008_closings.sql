-- What closed periods are held to: a chain that names a period which was taken away, the tasks that
-- a period was closed without, and the price books that came later.

CREATE TABLE closing (
  period INTEGER PRIMARY KEY,       -- period.id; no reference, since it shall name one that is gone
  name TEXT NOT NULL,
  begins_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  previous_sha256 TEXT              -- of the period that was closed before it; null: the first one
) STRICT;

INSERT INTO closing (period, name, begins_at, ends_at, sha256, previous_sha256)
SELECT id, name, begins_at, ends_at, sha256, lag(sha256) OVER (ORDER BY id) FROM period;

CREATE TRIGGER closing_is_kept BEFORE DELETE ON closing
BEGIN
  SELECT raise(ABORT, 'a closed period is never opened again');
END;

CREATE TRIGGER closing_is_fixed BEFORE UPDATE ON closing
BEGIN
  SELECT raise(ABORT, 'a closed period is never changed');
END;

CREATE TABLE written_off (
  period INTEGER NOT NULL REFERENCES period (id),  -- that was closed without the task
  task INTEGER NOT NULL REFERENCES task (id),
  PRIMARY KEY (period, task)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER written_off_is_kept BEFORE DELETE ON written_off
BEGIN
  SELECT raise(ABORT, 'what a period was closed without is never forgotten');
END;

CREATE TRIGGER written_off_is_fixed BEFORE UPDATE ON written_off
BEGIN
  SELECT raise(ABORT, 'what a period was closed without is never changed');
END;

CREATE TABLE repricing (
  id INTEGER PRIMARY KEY,
  period INTEGER NOT NULL REFERENCES period (id),  -- the closed one whose lines are priced anew
  prices TEXT NOT NULL,                            -- the price book, byte for byte
  repriced_at INTEGER NOT NULL,
  carried_by INTEGER REFERENCES period (id)        -- which holds what it changed; null: none yet
) STRICT;

CREATE TRIGGER repricing_is_kept BEFORE DELETE ON repricing
BEGIN
  SELECT raise(ABORT, 'a price book of a closed period is never deleted');
END;

CREATE TRIGGER repricing_is_fixed BEFORE UPDATE OF id, period, prices, repriced_at ON repricing
BEGIN
  SELECT raise(ABORT, 'a price book of a closed period is never changed');
END;
