-- Two chains of SHA-256: over snapshots, one link for each commit, and over closed periods. Each
-- link covers the one before; docs/ledger.md has the bytes that are hashed.

CREATE TABLE snapshot_link (
  last INTEGER PRIMARY KEY,         -- it covers the snapshots behind the link before, to this one
  sha256 BLOB NOT NULL              -- zeros: of snapshots that were recorded before hashes were kept
) STRICT;

INSERT INTO snapshot_link (last, sha256)
SELECT id, zeroblob(32) FROM snapshot ORDER BY id DESC LIMIT 1;

CREATE TRIGGER snapshot_link_is_kept BEFORE DELETE ON snapshot_link
BEGIN
  SELECT raise(ABORT, 'the hash of a commit is never deleted');
END;

CREATE TRIGGER snapshot_link_is_fixed BEFORE UPDATE ON snapshot_link
BEGIN
  SELECT raise(ABORT, 'the hash of a commit is never changed');
END;

CREATE TABLE period_link (
  period INTEGER PRIMARY KEY,       -- period.id; no reference, since it shall name one that is gone
  statement TEXT NOT NULL,          -- what was closed, in lines; the last one without its end
  sha256 TEXT NOT NULL              -- of the statement and a line end
) STRICT;

CREATE TRIGGER period_link_is_kept BEFORE DELETE ON period_link
BEGIN
  SELECT raise(ABORT, 'the hash of a closed period is never deleted');
END;

CREATE TRIGGER period_link_is_fixed BEFORE UPDATE ON period_link
BEGIN
  SELECT raise(ABORT, 'the hash of a closed period is never changed');
END;

CREATE TABLE period_signature (
  period INTEGER PRIMARY KEY REFERENCES period_link (period),
  signature BLOB NOT NULL,          -- of period_link.sha256, as the signing program wrote it
  signed_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER period_signature_is_kept BEFORE DELETE ON period_signature
BEGIN
  SELECT raise(ABORT, 'the signature of a closed period is never deleted');
END;

CREATE TRIGGER period_signature_is_fixed BEFORE UPDATE ON period_signature
BEGIN
  SELECT raise(ABORT, 'the signature of a closed period is never changed');
END;

-- A closed period. What hashes and signatures tell is empty if it was closed without them.
CREATE VIEW v_period AS
SELECT
  p.name AS period,
  p.tz AS tz,
  strftime('%Y-%m-%dT%H:%M:%SZ', p.begins_at / 1000, 'unixepoch') AS begins_at,
  strftime('%Y-%m-%dT%H:%M:%SZ', p.ends_at / 1000, 'unixepoch') AS ends_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.closed_at / 1000.0, 'unixepoch') AS closed_at,
  p.line_count AS lines,
  p.sha256 AS csv_sha256,
  l.sha256 AS sha256,
  l.statement AS statement,
  s.signature AS signature,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.signed_at / 1000.0, 'unixepoch') AS signed_at
FROM period AS p
LEFT JOIN period_link AS l ON l.period = p.id
LEFT JOIN period_signature AS s ON s.period = p.id;
