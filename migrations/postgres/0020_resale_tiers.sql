-- Where the task of a first line begins in the tiers of the resale book of its closed period, and what
-- it is charged in each: "tiers of line 2, after 990 this month: 15 at 0.9". Empty: it has no place
-- there.

ALTER TABLE report_line ADD COLUMN resale_tiers text COLLATE "C";
