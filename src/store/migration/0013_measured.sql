-- 0013: how alike faces were and how long answers took: numbers about nobody.

-- Counted in the transaction of what is counted. No person, voyage or verification is in it, and a report shows no
-- cell of fewer than five.
-- why to know how often the service errs, for whom, and how fast it is, when the persons are long gone
-- until as long as the store
-- erased with the store
-- proved tests/service/measured.test.mjs: no person, voyage or verification is in any of it
CREATE TABLE measured (
    day  INTEGER NOT NULL,                     -- UTC, since 1970-01-01
    what TEXT NOT NULL,                        -- own, other, missed: scores; answer: time; sex, age: groups; reason: why it ended so
    of   TEXT NOT NULL,                        -- which network, device or group; of a reason: gate, site, carrier, class, rule, reason
    bin  INTEGER NOT NULL,                     -- hundredths of a score; step of a time; how a group fared; the answer
    n    INTEGER NOT NULL,                     -- how many
    PRIMARY KEY (day, what, of, bin)
) STRICT, WITHOUT ROWID;
