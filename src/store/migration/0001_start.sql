-- 0001: voyages, who is expected on them, what was decided.
--
-- What stands in clear says nothing about a person: ids that carry no fact, times,
-- codes of ports and carriers, words of our own tables, and hashes under a key that
-- is not in the database. Everything about a person (names, numbers, seat,
-- reference, template) is in a column named `sealed`, encrypted under a data key
-- whose loss erases it. All ids are 16 bytes (base/id.h), all times microseconds UTC.

-- Facts about the store itself.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys that data is sealed under, themselves sealed under the key-encryption key.
-- kind: 1 a voyage (scope: its id), 2 portraits that expire on a day, 3 answers that
-- expire on a day (scope: the day since 1970, 8 bytes big-endian, then zeros).
-- Deleting the row is the erasure.
CREATE TABLE data_key (
    kind    INTEGER NOT NULL,
    scope   BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    made_us INTEGER NOT NULL,
    PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;

-- A voyage stays after its purge, with counts and without persons.
CREATE TABLE voyage (
    id                BLOB PRIMARY KEY,
    mode              INTEGER NOT NULL,
    direction         INTEGER NOT NULL,
    carrier           TEXT NOT NULL,
    number            TEXT NOT NULL,
    from_port         TEXT NOT NULL,
    to_port           TEXT NOT NULL,
    ports             TEXT NOT NULL,           -- of its legs, ' YVR SEA JFK '
    day               INTEGER NOT NULL,        -- of departure, since 1970: part of what makes it this voyage
    departure_us      INTEGER NOT NULL,
    departure_local   INTEGER NOT NULL,        -- 1: no zone was announced
    arrival_us        INTEGER,
    arrival_local     INTEGER NOT NULL,
    state             INTEGER NOT NULL,        -- 0 open, 1 closed
    late              INTEGER NOT NULL,        -- 1: first announced after departure
    first_manifest_us INTEGER NOT NULL,
    last_manifest_us  INTEGER NOT NULL,
    closed_us         INTEGER,
    purge_us          INTEGER,                 -- when it is due
    purged_us         INTEGER,                 -- when it was done
    UNIQUE (carrier, number, day, mode, from_port, to_port)
) STRICT;
CREATE INDEX voyage_departure ON voyage (departure_us, id);
CREATE INDEX voyage_due ON voyage (purge_us) WHERE purge_us IS NOT NULL AND purged_us IS NULL;
CREATE INDEX voyage_open ON voyage (departure_us) WHERE state = 0;

-- One row of one voyage's manifest. match: what makes it the same traveler on the
-- next message (hash of reference, else document, else name and birth); content:
-- hash of all that was announced, to see a change without unsealing. Both, and
-- reference, are hashes under a key derived from the voyage's data key, and die with it.
CREATE TABLE traveler (
    id         BLOB PRIMARY KEY,
    voyage     BLOB NOT NULL REFERENCES voyage (id),
    ordinal    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    match      BLOB NOT NULL,
    reference  BLOB,
    content    BLOB NOT NULL,
    sealed     BLOB NOT NULL,
    cleared_us INTEGER,
    UNIQUE (voyage, match),
    UNIQUE (voyage, ordinal)
) STRICT;
CREATE INDEX traveler_reference ON traveler (voyage, reference) WHERE reference IS NOT NULL;

-- number: hash of a document's number; document: of number and issuing state, NULL
-- where the state was not announced. Under a key derived from the master key, the
-- same in portrait, so that a portrait finds its travelers on every voyage.
CREATE TABLE traveler_document (
    traveler BLOB NOT NULL REFERENCES traveler (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    number   BLOB NOT NULL,
    document BLOB,
    PRIMARY KEY (traveler, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX traveler_document_number ON traveler_document (number, voyage);
CREATE INDEX traveler_document_voyage ON traveler_document (voyage);

-- Portraits waiting for voyages: the newest of each source for a document. sealed: its
-- template, under the key of the day it expires. The picture itself is not kept.
CREATE TABLE portrait (
    id           BLOB PRIMARY KEY,
    number       BLOB NOT NULL,
    document     BLOB NOT NULL,
    source       INTEGER NOT NULL,
    captured_day INTEGER,
    received_us  INTEGER NOT NULL,
    expiry_day   INTEGER NOT NULL,
    picture      BLOB NOT NULL,                -- keyed hash of its bytes: sent again, it is the same
    model        TEXT NOT NULL,                -- templates of different models do not compare
    quality      REAL NOT NULL,
    sealed       BLOB NOT NULL,
    UNIQUE (document, source)
) STRICT;
CREATE INDEX portrait_number ON portrait (number);
CREATE INDEX portrait_expiry ON portrait (expiry_day);

-- Templates of a voyage's travelers: a copy of the portrait's under the voyage's key.
CREATE TABLE template (
    traveler BLOB NOT NULL REFERENCES traveler (id) ON DELETE CASCADE,
    portrait BLOB NOT NULL,
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    model    TEXT NOT NULL,
    quality  REAL NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (traveler, portrait)
) STRICT;
CREATE INDEX template_voyage ON template (voyage);
CREATE INDEX template_portrait ON template (portrait);

-- Every decision that was given. Never a picture. Scores are cosine * 2^28.
CREATE TABLE verification (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    id                BLOB NOT NULL UNIQUE,
    voyage            BLOB NOT NULL REFERENCES voyage (id),
    device            BLOB NOT NULL,
    at_us             INTEGER NOT NULL,
    elapsed_us        INTEGER NOT NULL,        -- until it was handed over for recording
    answer            INTEGER NOT NULL,
    reason            TEXT NOT NULL,           -- code of policy/reason.def
    guidance          INTEGER NOT NULL,
    attempt           INTEGER NOT NULL,
    attempts_left     INTEGER NOT NULL,
    score             INTEGER,
    next_score        INTEGER,
    threshold         INTEGER,
    quality           REAL,
    liveness          REAL,
    gallery_persons   INTEGER NOT NULL,
    gallery_templates INTEGER NOT NULL,
    model             TEXT NOT NULL,
    traveler          BLOB REFERENCES traveler (id)
) STRICT;
CREATE INDEX verification_device ON verification (voyage, device, seq);
CREATE INDEX verification_traveler ON verification (traveler) WHERE traveler IS NOT NULL;

-- Somebody chose not to be photographed. Nothing else is known of it. after_seq: the
-- latest verification there was; a device's attempt series begins anew after it.
CREATE TABLE decline (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        BLOB NOT NULL UNIQUE,
    voyage    BLOB NOT NULL REFERENCES voyage (id),
    device    BLOB NOT NULL,
    at_us     INTEGER NOT NULL,
    traveler  BLOB REFERENCES traveler (id),
    after_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX decline_device ON decline (voyage, device, seq);
CREATE INDEX decline_traveler ON decline (traveler) WHERE traveler IS NOT NULL;

-- What is left of a voyage's persons after its purge: how many of each.
-- what: 'status:cleared', 'reason:below_threshold', 'decline'.
CREATE TABLE tally (
    voyage BLOB NOT NULL REFERENCES voyage (id),
    what   TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (voyage, what)
) STRICT, WITHOUT ROWID;

-- Bearer tokens: only a hash.
CREATE TABLE token (
    id         BLOB PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    role       INTEGER NOT NULL,
    label      TEXT NOT NULL,
    site       TEXT NOT NULL,
    carrier    TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    revoked_us INTEGER
) STRICT;

-- Answers to requests with an Idempotency-Key. sealed under the voyage's key where
-- there is one, else under the key of the day they expire.
CREATE TABLE answer (
    key        BLOB PRIMARY KEY,
    request    BLOB NOT NULL,
    voyage     BLOB REFERENCES voyage (id),
    day        INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX answer_expiry ON answer (expires_us);
CREATE INDEX answer_voyage ON answer (voyage) WHERE voyage IS NOT NULL;
