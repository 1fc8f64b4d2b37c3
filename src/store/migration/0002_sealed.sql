-- 0002: pictures, and keys that are in no backup.

-- Which data keys there are. The keys themselves are in the file `keyring` beside the
-- database and never in it, so no copy of the database opens anything.
-- kind: 1 a voyage (scope: its id); and by the hour in which what they seal dies
-- (scope: hours since 1970, 8 bytes big-endian, then zeros): 3 answers, 4 probes; 2 a
-- portrait, 5 a legal hold (scope: its id). Deleting the row is the erasure.
DROP TABLE data_key;
-- why to know which keys there are; the keys are in the file `keyring`
-- until as long as what it seals
-- erased row, then the key's slot in `keyring` is overwritten in place
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE data_key (
    kind    INTEGER NOT NULL,                  -- retention class (store.h)
    scope   BLOB NOT NULL,                     -- of which voyage, portrait or hold, or of which hour
    made_us INTEGER NOT NULL,
    PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;

-- When a portrait dies, to the moment: its clock may start after it was sealed, so it has a key of its own.
DROP INDEX portrait_expiry;
ALTER TABLE portrait RENAME COLUMN expiry_day TO expires_us;
CREATE INDEX portrait_expiry ON portrait (expires_us);
ALTER TABLE answer RENAME COLUMN day TO hour;

-- A picture that may be kept for a while: kind 1 a live picture of an inspection or, where
-- the rule pack says so, of a clear; 2 a portrait. The picture itself is in a file of
-- photos/, sealed under the key named here: at, size say where.
-- why so that a human who looks at the document sees who stood there
-- until as the rule pack says after the verification, at most `retention.probe`; a portrait's with its portrait; longer only under a legal hold
-- erased key of the hour (or of portrait or hold), the file with that key's pictures, then the row
-- proved tests/service/hunt.test.mjs: nor in the memory of any of its processes
CREATE TABLE photo (
    id           BLOB PRIMARY KEY,
    kind         INTEGER NOT NULL,             -- 1 live picture, 2 portrait
    voyage       BLOB REFERENCES voyage (id),  -- id of the voyage it was taken on
    verification BLOB,
    portrait     BLOB,
    taken_us     INTEGER NOT NULL,             -- when
    expires_us   INTEGER NOT NULL,             -- when it dies
    key_kind     INTEGER NOT NULL,             -- class of the key it is sealed under
    key_scope    BLOB NOT NULL,                -- which of them
    at           INTEGER NOT NULL,             -- where in the key's file
    size         INTEGER NOT NULL              -- bytes there
) STRICT;
CREATE INDEX photo_expiry ON photo (expires_us);
CREATE INDEX photo_verification ON photo (verification) WHERE verification IS NOT NULL;
CREATE INDEX photo_portrait ON photo (portrait) WHERE portrait IS NOT NULL;
CREATE INDEX photo_voyage ON photo (voyage) WHERE voyage IS NOT NULL;

-- A purged voyage's rows go in small steps after its key: until when they were all gone.
ALTER TABLE voyage ADD COLUMN swept_us INTEGER; -- when the last row about its persons was gone
CREATE INDEX voyage_unswept ON voyage (purged_us) WHERE purged_us IS NOT NULL AND swept_us IS NULL;
