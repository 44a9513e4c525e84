-- Two chains of SHA-256: over snapshots, one link for each commit, and over closed periods. Each
-- link covers the one before; docs/ledger.md has the bytes that are hashed. A commit holds the
-- counter of snapshots, so that the links of all runs are one chain.

CREATE TABLE snapshot_link (
  last bigint PRIMARY KEY,         -- it covers the snapshots behind the link before, to this one
  sha256 bytea NOT NULL            -- zeros: of snapshots that were recorded before hashes were kept
);

INSERT INTO snapshot_link (last, sha256)
SELECT id, decode(repeat('00', 32), 'hex') FROM snapshot ORDER BY id DESC LIMIT 1;

CREATE TRIGGER snapshot_link_is_kept BEFORE DELETE ON snapshot_link
FOR EACH ROW EXECUTE FUNCTION refuse('the hash of a commit is never deleted');

CREATE TRIGGER snapshot_link_is_fixed BEFORE UPDATE ON snapshot_link
FOR EACH ROW EXECUTE FUNCTION refuse('the hash of a commit is never changed');

CREATE TABLE period_link (
  period bigint PRIMARY KEY,       -- period.id; no reference, since it shall name one that is gone
  statement text COLLATE "C" NOT NULL,  -- what was closed, in lines; the last one without its end
  sha256 text COLLATE "C" NOT NULL      -- of the statement and a line end
);

CREATE TRIGGER period_link_is_kept BEFORE DELETE ON period_link
FOR EACH ROW EXECUTE FUNCTION refuse('the hash of a closed period is never deleted');

CREATE TRIGGER period_link_is_fixed BEFORE UPDATE ON period_link
FOR EACH ROW EXECUTE FUNCTION refuse('the hash of a closed period is never changed');

CREATE TABLE period_signature (
  period bigint PRIMARY KEY,
  signature bytea NOT NULL,        -- of period_link.sha256, as the signing program wrote it
  signed_at bigint NOT NULL
);

CREATE TRIGGER period_signature_is_kept BEFORE DELETE ON period_signature
FOR EACH ROW EXECUTE FUNCTION refuse('the signature of a closed period is never deleted');

CREATE TRIGGER period_signature_is_fixed BEFORE UPDATE ON period_signature
FOR EACH ROW EXECUTE FUNCTION refuse('the signature of a closed period is never changed');

-- A closed period. What hashes and signatures tell is empty if it was closed without them.
CREATE VIEW v_period AS
SELECT
  p.name AS period,
  p.tz AS tz,
  utc_seconds(p.begins_at) AS begins_at,
  utc_seconds(p.ends_at) AS ends_at,
  utc_milliseconds(p.closed_at) AS closed_at,
  p.line_count AS lines,
  p.sha256 AS csv_sha256,
  l.sha256 AS sha256,
  l.statement AS statement,
  s.signature AS signature,
  utc_milliseconds(s.signed_at) AS signed_at
FROM period AS p
LEFT JOIN period_link AS l ON l.period = p.id
LEFT JOIN period_signature AS s ON s.period = p.id;
