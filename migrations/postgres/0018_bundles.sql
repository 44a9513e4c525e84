-- The last bundle of each closed period: `db prune` keeps the raw answers of periods that have none.

CREATE TABLE period_bundle (
  period bigint PRIMARY KEY,
  sha256 text COLLATE "C" NOT NULL,  -- of its SHA256SUMS
  bundled_at bigint NOT NULL
);

DROP VIEW v_period;

-- A closed period. What hashes, signatures and bundles tell is empty if it has none.
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
  utc_milliseconds(s.signed_at) AS signed_at,
  b.sha256 AS bundle_sha256,
  utc_milliseconds(b.bundled_at) AS bundled_at
FROM period AS p
LEFT JOIN period_link AS l ON l.period = p.id
LEFT JOIN period_signature AS s ON s.period = p.id
LEFT JOIN period_bundle AS b ON b.period = p.id;
