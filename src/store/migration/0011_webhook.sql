-- 0011: messages to carriers.

-- Where a carrier wants to be told. sealed: the secret that signs, under the key of its own.
-- after: the latest event that was looked at for it.
CREATE TABLE webhook (
    id         BLOB PRIMARY KEY,
    carrier    TEXT NOT NULL,
    url        TEXT NOT NULL,
    kinds      INTEGER NOT NULL,               -- 1 << enum gw_event_kind; 0: all
    created_us INTEGER NOT NULL,
    gone_us    INTEGER,                        -- the endpoint said that it is gone (410): nothing is sent any more
    after      INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    sent_us    INTEGER,                        -- latest delivery
    failed_us  INTEGER,                        -- latest failure
    failure    TEXT                            -- a word of send/send.h, or an HTTP status
) STRICT;

-- An event on its way; what it says is read from the event when it is sent. seq 0: a test.
-- next_us NULL: given up.
CREATE TABLE delivery (
    webhook BLOB NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    attempt INTEGER NOT NULL,                  -- made so far
    next_us INTEGER,
    failure TEXT,
    PRIMARY KEY (webhook, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (next_us) WHERE next_us IS NOT NULL;
