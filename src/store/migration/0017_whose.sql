-- 0017: whose a portrait is: what a carrier sends serves its own voyages, and only it replaces it.

DROP INDEX portrait_number;
DROP INDEX portrait_expiry;
ALTER TABLE portrait RENAME TO portrait_before;
-- Portraits waiting for voyages: of each document the newest of each source, by who sent it. sealed: its
-- template, under a key of its own.
-- why to compare with, on voyages that are still to come
-- until `retention.portrait`, or what the rule pack says after the close of the last voyage that expects it; at once when a newer one of its source comes from whom it came from
-- erased key of the portrait, then row and picture
-- proved tests/service/purge_test.c: yesterday's brings nobody back
CREATE TABLE portrait (
    id           BLOB PRIMARY KEY,
    number       BLOB NOT NULL,                -- keyed hash of the document's number
    document     BLOB NOT NULL,                -- keyed hash of number and issuing state
    source       INTEGER NOT NULL,             -- chip, passport, visa, encounter or application
    carrier      TEXT NOT NULL,                -- who sent it, and whose voyages it serves; empty: an authority's own, or came before this was written down; it serves all
    captured_day INTEGER,                      -- when the picture was taken, if told
    received_us  INTEGER NOT NULL,             -- when it came
    expires_us   INTEGER NOT NULL,             -- when it is over
    picture      BLOB NOT NULL,                -- keyed hash of its bytes: sent again, it is the same
    model        TEXT NOT NULL,                -- templates of different models do not compare
    quality      REAL NOT NULL,
    sealed       BLOB NOT NULL,                -- template: XChaCha20-Poly1305 under the key of the portrait; opens in this row only
    UNIQUE (document, source, carrier)
) STRICT;
-- Who sent the ones there are is not known: they serve as they did, and no carrier replaces them.
INSERT INTO portrait (id, number, document, source, carrier, captured_day, received_us, expires_us, picture, model, quality, sealed)
    SELECT id, number, document, source, '', captured_day, received_us, expires_us, picture, model, quality, sealed FROM portrait_before;
DROP TABLE portrait_before;
CREATE INDEX portrait_number ON portrait (number);
CREATE INDEX portrait_expiry ON portrait (expires_us);

ALTER TABLE template ADD COLUMN authority INTEGER NOT NULL DEFAULT 0; -- 1: its portrait is an authority's own
