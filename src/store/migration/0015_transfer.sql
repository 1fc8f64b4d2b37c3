-- 0014: what goes to an identity register, where the rule pack says so.

-- The outbox. A picture waits in `photo` under a key of its own, and what is said of its person here
-- under the key of the hour in which the pack no longer lets it go. When the register has it, or may
-- not have it any more, the picture's key is destroyed, sealed is NULL, and the row says how it ended.
-- why to send what the rule pack sends to a register, once, and to say what became of it
-- until `sealed`: the register's receipt, at most the pack's time; the rest: `retention.access`
-- erased key of the hour at the latest; with the receipt the picture's key, then `sealed` is overwritten and the picture cut out of its file
-- proved tests/service/transfer_test.c: cut off between any two steps, none is lost and none arrives as two
CREATE TABLE transfer (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL UNIQUE,         -- by which the register knows it
    voyage       BLOB NOT NULL REFERENCES voyage (id), -- which
    verification BLOB NOT NULL UNIQUE,         -- whose picture it is
    photo        BLOB NOT NULL,                -- the picture
    rule         TEXT NOT NULL,                -- pack and rule that send it
    made_us      INTEGER NOT NULL,             -- when it was put here
    taken_us     INTEGER NOT NULL,             -- when the picture was taken
    due_us       INTEGER NOT NULL,             -- from then on it may not leave
    until_us     INTEGER NOT NULL,             -- how long officers may see the picture
    keeps        INTEGER NOT NULL,             -- 1: the picture stays after the receipt as long as officers may see it; 0: it dies with the receipt
    state        INTEGER NOT NULL,             -- enum gw_transfer_state
    attempt      INTEGER NOT NULL,             -- made so far
    next_us      INTEGER NOT NULL,             -- when it is tried
    word         TEXT NOT NULL DEFAULT '',     -- why it is not there yet; of one received, the register's number for it
    ended_us     INTEGER,                      -- when it was received, blocked or missed
    sealed       BLOB                          -- who it is, and of which crossing, where the pack sends that
) STRICT;
CREATE INDEX transfer_next ON transfer (next_us) WHERE state = 0;
CREATE INDEX transfer_due ON transfer (due_us) WHERE sealed IS NOT NULL;
CREATE INDEX transfer_ended ON transfer (ended_us) WHERE ended_us IS NOT NULL;
CREATE INDEX transfer_photo ON transfer (photo) WHERE sealed IS NOT NULL;
