-- A ledger in a file makes its lines of shared rows, and shows them by a view of this name.
COMMENT ON TABLE report_line IS 'the lines of closed periods, each with all that it says';
