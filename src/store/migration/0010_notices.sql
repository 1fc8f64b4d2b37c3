-- 0010: notices that are posted, and how long it takes after a decline.

-- What hangs or stands at a site, and when somebody last looked that it does.
-- why so that nobody is photographed where the notice in force is not posted
-- until it is taken down or another is posted in its place
-- erased row
-- proved tests/service/law.test.mjs: where one is recorded it must be the one in force, and looked at, required or not
CREATE TABLE site_notice (
    site        TEXT NOT NULL,                 -- code of the port
    mode        TEXT NOT NULL,                 -- air, sea or land; '' is any
    direction   TEXT NOT NULL,                 -- arrival or departure; '' is any
    language    TEXT NOT NULL,                 -- of the notice
    version     TEXT NOT NULL,                 -- of its text (`GET /v1/notice`)
    pack        TEXT NOT NULL,                 -- rule pack it was made from
    checked_day INTEGER NOT NULL,              -- when somebody last looked, since 1970
    added_us    INTEGER NOT NULL,              -- when it was recorded
    PRIMARY KEY (site, mode, direction, language)
) STRICT, WITHOUT ROWID;

-- A decline's day and place, and when what is done instead was done.
ALTER TABLE decline ADD COLUMN day INTEGER NOT NULL DEFAULT 0; -- it was, by the rule pack, since 1970
ALTER TABLE decline ADD COLUMN site TEXT NOT NULL DEFAULT ''; -- where it was
ALTER TABLE decline ADD COLUMN settled_us INTEGER; -- when a human had decided

-- What is left of declines when their rows are purged: counts.
-- why to know how many decline, and how long they wait
-- until as long as the store
-- erased with the store
-- proved tests/service/law_test.c: how long it took is counted, without a person
CREATE TABLE decline_tally (
    day  INTEGER NOT NULL,                     -- by the rule pack, since 1970
    site TEXT NOT NULL,                        -- code of the port
    what TEXT NOT NULL,                        -- 'declined'; what the rule offers instead; 'settled'; 'us', the sum from decline to decision; 'le:60', settled in at most 60 s and not within the bound before
    n    INTEGER NOT NULL,                     -- how many
    PRIMARY KEY (day, site, what)
) STRICT, WITHOUT ROWID;
