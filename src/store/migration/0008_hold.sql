-- 0008: legal holds: what is due stays, for a reason, until a day, and both are written down.

-- reason is the number of an order or case in the words of whoever ordered it: letters,
-- digits and . _ : + / - only, so that no name stands in it. One that is over stays.
CREATE TABLE hold (
    id          BLOB PRIMARY KEY,
    voyage      BLOB NOT NULL REFERENCES voyage (id),
    reason      TEXT NOT NULL,
    made_us     INTEGER NOT NULL,
    until_us    INTEGER NOT NULL,
    released_us INTEGER,
    token       BLOB NOT NULL                  -- who placed it; zeros: the machine's operator
) STRICT;
CREATE INDEX hold_voyage ON hold (voyage, until_us) WHERE released_us IS NULL;
