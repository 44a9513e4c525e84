-- The last bundle of each closed period: `db prune` keeps the raw answers of periods that have none.

CREATE TABLE period_bundle (
  period INTEGER PRIMARY KEY REFERENCES period (id),
  sha256 TEXT NOT NULL,             -- of its SHA256SUMS
  bundled_at INTEGER NOT NULL
) STRICT;

DROP VIEW v_period;

-- A closed period. What hashes, signatures and bundles tell is empty if it has none.
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
  strftime('%Y-%m-%dT%H:%M:%fZ', s.signed_at / 1000.0, 'unixepoch') AS signed_at,
  b.sha256 AS bundle_sha256,
  strftime('%Y-%m-%dT%H:%M:%fZ', b.bundled_at / 1000.0, 'unixepoch') AS bundled_at
FROM period AS p
LEFT JOIN period_link AS l ON l.period = p.id
LEFT JOIN period_signature AS s ON s.period = p.id
LEFT JOIN period_bundle AS b ON b.period = p.id;
