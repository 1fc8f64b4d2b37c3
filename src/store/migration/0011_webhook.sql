-- 0011: messages to carriers.

-- Where a carrier wants to be told.
-- why to tell a carrier what became of its travelers
-- until the operator removes it
-- erased row
-- proved tests/service/webhook.test.mjs: the command line does the same
CREATE TABLE webhook (
    id         BLOB PRIMARY KEY,
    carrier    TEXT NOT NULL,
    url        TEXT NOT NULL,                 -- endpoint of the carrier, of no person
    kinds      INTEGER NOT NULL,               -- 1 << enum gw_event_kind; 0: all
    created_us INTEGER NOT NULL,
    gone_us    INTEGER,                        -- the endpoint said that it is gone (410): nothing is sent any more
    after      INTEGER NOT NULL,              -- latest event that was looked at for it
    sealed     BLOB NOT NULL,                 -- the secret that signs, under a key of its own
    sent_us    INTEGER,                        -- latest delivery
    failed_us  INTEGER,                        -- latest failure
    failure    TEXT                            -- a word of send/send.h, or an HTTP status
) STRICT;

-- An event on its way; what it says is read from the event when it is sent.
-- why to send again what was not taken
-- until it was taken, or its event or webhook is gone
-- erased row
-- proved tests/service/webhook.test.mjs: what is never taken is given up, kept, told to supervisors, and sent again when asked for
CREATE TABLE delivery (
    webhook BLOB NOT NULL REFERENCES webhook (id) ON DELETE CASCADE, -- where to
    seq     INTEGER NOT NULL,                  -- of the event; 0 is a test
    made_us INTEGER NOT NULL,                  -- when it was queued
    attempt INTEGER NOT NULL,                  -- made so far
    next_us INTEGER,                           -- when it is tried again; NULL: given up
    failure TEXT,                              -- a word of send/send.h, or an HTTP status
    PRIMARY KEY (webhook, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (next_us) WHERE next_us IS NOT NULL;
