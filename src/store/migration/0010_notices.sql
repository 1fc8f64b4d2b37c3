-- 0010: notices that are posted, and how long it takes after a decline.

-- What hangs or stands at a site, and when somebody last looked that it does. mode,
-- direction: '' is any. version: of the text (GET /v1/notice).
CREATE TABLE site_notice (
    site        TEXT NOT NULL,
    mode        TEXT NOT NULL,
    direction   TEXT NOT NULL,
    language    TEXT NOT NULL,
    version     TEXT NOT NULL,
    pack        TEXT NOT NULL,
    checked_day INTEGER NOT NULL,
    added_us    INTEGER NOT NULL,
    PRIMARY KEY (site, mode, direction, language)
) STRICT, WITHOUT ROWID;

-- A decline's day and place, and when what is done instead was done.
ALTER TABLE decline ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE decline ADD COLUMN site TEXT NOT NULL DEFAULT '';
ALTER TABLE decline ADD COLUMN settled_us INTEGER;

-- What is left of declines when their rows are purged: counts. what: 'declined',
-- 'document_inspection', 'officer_referral', 'none' (what the rule offers instead),
-- 'settled', 'us' (the sum from decline to what was done instead), 'le:SECONDS' (settled
-- within so long, and not within the bound before).
CREATE TABLE decline_tally (
    day  INTEGER NOT NULL,
    site TEXT NOT NULL,
    what TEXT NOT NULL,
    n    INTEGER NOT NULL,
    PRIMARY KEY (day, site, what)
) STRICT, WITHOUT ROWID;
