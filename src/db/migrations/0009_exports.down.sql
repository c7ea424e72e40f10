DROP FUNCTION make_months(date[]);
DROP FUNCTION exports_due(int, bigint);
DROP POLICY due ON exports;
REVOKE ALL ON exports FROM mc_care;
DROP INDEX exports_care;
ALTER TABLE exports DROP COLUMN attempts;
