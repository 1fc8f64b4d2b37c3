-- 0011: messages to carriers.

-- Where a carrier wants to be told.
-- why to tell carriers what happens on their voyages
-- until somebody removes it
-- erased key of the secret, then the row with its deliveries
-- proved tests/service/webhook.test.mjs: a carrier is sent its own view, signed, and nothing of another’s
CREATE TABLE webhook (
    id         BLOB PRIMARY KEY,
    carrier    TEXT NOT NULL,                  -- whose voyages it is told of
    url        TEXT NOT NULL,                  -- the endpoint
    kinds      INTEGER NOT NULL,               -- 1 << enum gw_event_kind; 0: all
    created_us INTEGER NOT NULL,
    gone_us    INTEGER,                        -- the endpoint said that it is gone (410): nothing is sent any more
    after      INTEGER NOT NULL,               -- the latest event that was looked at for it
    sealed     BLOB NOT NULL,                  -- the secret that signs, under a key of its own
    sent_us    INTEGER,                        -- latest delivery
    failed_us  INTEGER,                        -- latest failure
    failure    TEXT                            -- a word of fetch/fetch.h, or an HTTP status
) STRICT;

-- An event on its way; what it says is read from the event when it is sent.
-- why so that a message is sent until it is taken
-- until it is taken, or its event is gone; given up, until it is sent again or the webhook removed
-- erased row; it holds nothing about a person
-- proved tests/service/webhook.test.mjs: what waits is sent after a restart, killed in the middle or not
CREATE TABLE delivery (
    webhook BLOB NOT NULL REFERENCES webhook (id) ON DELETE CASCADE, -- where it goes
    seq     INTEGER NOT NULL,                  -- of the event; 0: a test
    made_us INTEGER NOT NULL,
    attempt INTEGER NOT NULL,                  -- made so far
    next_us INTEGER,                           -- when it is sent; NULL: given up
    failure TEXT,                              -- of the latest attempt
    PRIMARY KEY (webhook, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (next_us) WHERE next_us IS NOT NULL;
