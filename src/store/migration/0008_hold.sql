-- 0008: legal holds: what is due stays, for a reason, until a day, and both are written down.

-- reason is the number of an order or case in the words of whoever ordered it: letters,
-- digits and . _ : + / - only, so that no name stands in it. One that is over stays.
-- why to account for what stays beyond its time
-- until as long as the store
-- erased with the store
-- proved tests/service/purge_test.c: keeps what is due until it ends or is released
CREATE TABLE hold (
    id          BLOB PRIMARY KEY,
    voyage      BLOB NOT NULL REFERENCES voyage (id),
    reason      TEXT NOT NULL,                 -- number of the order; letters and digits, no name
    made_us     INTEGER NOT NULL,
    until_us    INTEGER NOT NULL,              -- when it ends by itself
    released_us INTEGER,                       -- when it was ended before
    token       BLOB NOT NULL                  -- who placed it; zeros: the machine's operator
) STRICT;
CREATE INDEX hold_voyage ON hold (voyage, until_us) WHERE released_us IS NULL;
