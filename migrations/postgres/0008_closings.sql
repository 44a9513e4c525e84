-- What closed periods are held to: a chain that names a period which was taken away, the tasks that
-- a period was closed without, and the price books that came later.

CREATE TABLE closing (
  period bigint PRIMARY KEY,       -- period.id; no reference, since it shall name one that is gone
  name text COLLATE "C" NOT NULL,
  begins_at bigint NOT NULL,
  ends_at bigint NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  previous_sha256 text COLLATE "C"              -- of the period that was closed before it; null: the first one
);

CREATE TRIGGER closing_is_kept BEFORE DELETE ON closing
FOR EACH ROW EXECUTE FUNCTION refuse('a closed period is never opened again');

CREATE TRIGGER closing_is_fixed BEFORE UPDATE ON closing
FOR EACH ROW EXECUTE FUNCTION refuse('a closed period is never changed');

CREATE TABLE written_off (
  period bigint NOT NULL,  -- that was closed without the task
  task bigint NOT NULL,
  PRIMARY KEY (period, task)
);

CREATE TRIGGER written_off_is_kept BEFORE DELETE ON written_off
FOR EACH ROW EXECUTE FUNCTION refuse('what a period was closed without is never forgotten');

CREATE TRIGGER written_off_is_fixed BEFORE UPDATE ON written_off
FOR EACH ROW EXECUTE FUNCTION refuse('what a period was closed without is never changed');

CREATE TABLE repricing (
  id bigint PRIMARY KEY,
  period bigint NOT NULL,  -- the closed one whose lines are priced anew
  prices text COLLATE "C" NOT NULL,                            -- the price book, byte for byte
  repriced_at bigint NOT NULL,
  carried_by bigint        -- which holds what it changed; null: none yet
);

CREATE TRIGGER repricing_is_kept BEFORE DELETE ON repricing
FOR EACH ROW EXECUTE FUNCTION refuse('a price book of a closed period is never deleted');

CREATE TRIGGER repricing_is_fixed BEFORE UPDATE OF id, period, prices, repriced_at ON repricing
FOR EACH ROW EXECUTE FUNCTION refuse('a price book of a closed period is never changed');
