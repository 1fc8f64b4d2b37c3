-- 0001: voyages, who is expected on them, what was decided.
--
-- What stands in clear says nothing about a person: ids that carry no fact, times,
-- codes of ports and carriers, words of our own tables, and hashes under a key that
-- is not in the database. Everything about a person (names, numbers, seat,
-- reference, template) is in a column named `sealed`, encrypted under a data key
-- whose loss erases it. All ids are 16 bytes (base/id.h), all times microseconds UTC.
--
-- docs/data-protection.md is made from these comments (tools/data-protection). Before each
-- table: -- why, -- until, -- erased, -- proved. Behind a column: what it is; names that mean
-- the same everywhere are explained once:
-- field id: an id; it carries no fact
-- field seq: the order of rows
-- field voyage: id of the voyage
-- field traveler: id of the traveler; who it is stands sealed in that row, under the voyage's key
-- field verification: id of the verification
-- field inspection: id of the inspection
-- field decline: id of the decline
-- field portrait: id of the portrait
-- field photo: id of the photo
-- field device: token of the device
-- field token: token of who asked
-- field role: enum gw_role
-- field site: code of a port, or empty
-- field carrier: code of the carrier, or empty
-- field ordinal: place in the order announced
-- field kind: which kind of it
-- field status: how far it has come
-- field state: how far it has come
-- field model: network that made the template
-- field quality: as measured, 0 to 100
-- field sealed: XChaCha20-Poly1305 under the key named above; opens in this row only
-- field hash: SHA-256 or keyed hash
-- field at_us: when
-- field made_us: when it was made
-- field created_us: when it was made
-- field expires_us: when it is over
-- field until_us: until when
-- field size: bytes, or entries of the log

-- Facts about the store itself.
-- why which keys and which keyring this store has, and the latest time it was in use
-- until as long as the store
-- erased with the store
-- proved tests/store/keys_test.c: are rotated while the store is in use
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,                    -- which
    value BLOB NOT NULL                        -- root secret, wrapped by the key-encryption key; id of the store; times
) STRICT, WITHOUT ROWID;

-- Keys that data is sealed under, themselves sealed under the key-encryption key.
-- kind: 1 a voyage (scope: its id), 2 portraits that expire on a day, 3 answers that
-- expire on a day (scope: the day since 1970, 8 bytes big-endian, then zeros).
-- Deleting the row is the erasure.
CREATE TABLE data_key (
    kind    INTEGER NOT NULL,                  -- retention class (store.h)
    scope   BLOB NOT NULL,                     -- of which voyage, portrait or hold, or of which hour
    wrapped BLOB NOT NULL,                     -- not any more
    made_us INTEGER NOT NULL,
    PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;

-- A voyage stays after its purge, with counts and without persons.
-- why the board; counts after the purge. No person
-- until as long as the store
-- erased with the store
-- proved tests/service/purge_test.c: cut off between any two steps, the next start completes it
CREATE TABLE voyage (
    id                BLOB PRIMARY KEY,
    mode              INTEGER NOT NULL,        -- air, sea or land
    direction         INTEGER NOT NULL,        -- arrival or departure
    carrier           TEXT NOT NULL,
    number            TEXT NOT NULL,           -- of the flight, sailing, train or bus run
    from_port         TEXT NOT NULL,           -- port of departure
    to_port           TEXT NOT NULL,           -- port of arrival
    ports             TEXT NOT NULL,           -- of its legs, ' YVR SEA JFK '
    day               INTEGER NOT NULL,        -- of departure, since 1970: part of what makes it this voyage
    departure_us      INTEGER NOT NULL,        -- announced
    departure_local   INTEGER NOT NULL,        -- 1: no zone was announced
    arrival_us        INTEGER,                 -- announced
    arrival_local     INTEGER NOT NULL,        -- 1: no zone was announced
    state             INTEGER NOT NULL,        -- 0 open, 1 closed
    late              INTEGER NOT NULL,        -- 1: first announced after departure
    first_manifest_us INTEGER NOT NULL,        -- when it was first announced
    last_manifest_us  INTEGER NOT NULL,        -- when it was last announced
    closed_us         INTEGER,                 -- when it was closed
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
-- why to tell gate and officer who is expected, and what became of them
-- until with its voyage: what the rule pack says after the close, at most `retention.template`
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/voyage_test.c: nothing about a person is left, counts are
CREATE TABLE traveler (
    id         BLOB PRIMARY KEY,
    voyage     BLOB NOT NULL REFERENCES voyage (id),
    ordinal    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,               -- passenger or crew
    status     INTEGER NOT NULL,
    match      BLOB NOT NULL,                  -- keyed hash, under the voyage's key: the same traveler on the next message
    reference  BLOB,                           -- keyed hash, under the voyage's key, of the carrier's reference
    content    BLOB NOT NULL,                  -- keyed hash, under the voyage's key, of all that was announced
    sealed     BLOB NOT NULL,                  -- names, birth date, sex, nationality, class of admission, residence, documents, seat, reference: XChaCha20-Poly1305 under the voyage's key; opens in this row only
    cleared_us INTEGER,                        -- when a verification cleared them
    UNIQUE (voyage, match),
    UNIQUE (voyage, ordinal)
) STRICT;
CREATE INDEX traveler_reference ON traveler (voyage, reference) WHERE reference IS NOT NULL;

-- number: hash of a document's number; document: of number and issuing state, NULL
-- where the state was not announced. Under a key derived from the master key, the
-- same in portrait, so that a portrait finds its travelers on every voyage.
-- why so that a portrait or a document at the gate finds its traveler
-- until with its voyage: what the rule pack says after the close, at most `retention.template`
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/voyage_test.c: nothing about a person is left, counts are
CREATE TABLE traveler_document (
    traveler BLOB NOT NULL REFERENCES traveler (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    number   BLOB NOT NULL,                    -- keyed hash of the document's number
    document BLOB,                             -- keyed hash of number and issuing state
    PRIMARY KEY (traveler, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX traveler_document_number ON traveler_document (number, voyage);
CREATE INDEX traveler_document_voyage ON traveler_document (voyage);

-- Portraits waiting for voyages: the newest of each source for a document. sealed: its
-- template, under the key of the day it expires. The picture itself is not kept.
-- why to compare with, on voyages that are still to come
-- until `retention.portrait`, or what the rule pack says after the close of the last voyage that expects it; at once when a newer one of its source comes
-- erased key of the portrait, then row and picture
-- proved tests/service/purge_test.c: yesterday's brings nobody back
CREATE TABLE portrait (
    id           BLOB PRIMARY KEY,
    number       BLOB NOT NULL,                -- keyed hash of the document's number
    document     BLOB NOT NULL,                -- keyed hash of number and issuing state
    source       INTEGER NOT NULL,             -- chip, passport, visa, encounter or application
    captured_day INTEGER,                      -- when the picture was taken, if told
    received_us  INTEGER NOT NULL,             -- when it came
    expiry_day   INTEGER NOT NULL,             -- when it is over
    picture      BLOB NOT NULL,                -- keyed hash of its bytes: sent again, it is the same
    model        TEXT NOT NULL,                -- templates of different models do not compare
    quality      REAL NOT NULL,
    sealed       BLOB NOT NULL,                -- template: XChaCha20-Poly1305 under the key of the portrait; opens in this row only
    UNIQUE (document, source)
) STRICT;
CREATE INDEX portrait_number ON portrait (number);
CREATE INDEX portrait_expiry ON portrait (expiry_day);

-- Templates of a voyage's travelers: a copy of the portrait's under the voyage's key.
-- why to search among those expected
-- until with its voyage: what the rule pack says after the close, at most `retention.template`; at once when somebody declines or leaves the manifest
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut; the gallery in memory is wiped
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE template (
    traveler BLOB NOT NULL REFERENCES traveler (id) ON DELETE CASCADE,
    portrait BLOB NOT NULL,
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    model    TEXT NOT NULL,
    quality  REAL NOT NULL,
    sealed   BLOB NOT NULL,                    -- template: XChaCha20-Poly1305 under the voyage's key; opens in this row only
    PRIMARY KEY (traveler, portrait)
) STRICT;
CREATE INDEX template_voyage ON template (voyage);
CREATE INDEX template_portrait ON template (portrait);

-- Every decision that was given. Never a picture. Scores are cosine * 2^28.
-- why to account for a decision, count attempts, clear once
-- until with its voyage: what the rule pack says after the close, at most `retention.template`; then counted by reason (`tally`)
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/purge_test.c: cut off between any two steps, nothing is visible by half
CREATE TABLE verification (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    id                BLOB NOT NULL UNIQUE,
    voyage            BLOB NOT NULL REFERENCES voyage (id),
    device            BLOB NOT NULL,
    at_us             INTEGER NOT NULL,
    elapsed_us        INTEGER NOT NULL,        -- until it was handed over for recording
    answer            INTEGER NOT NULL,        -- clear, retry or inspect
    reason            TEXT NOT NULL,           -- code of policy/reason.def
    guidance          INTEGER NOT NULL,        -- what the gate showed
    attempt           INTEGER NOT NULL,        -- which of its series
    attempts_left     INTEGER NOT NULL,        -- of the series
    score             INTEGER,                 -- likeness to the best person
    next_score        INTEGER,                 -- likeness to the second
    threshold         INTEGER,                 -- what was asked
    quality           REAL,
    liveness          REAL,                    -- as measured
    gallery_persons   INTEGER NOT NULL,        -- how many were searched
    gallery_templates INTEGER NOT NULL,        -- how many were searched
    model             TEXT NOT NULL,
    traveler          BLOB REFERENCES traveler (id) -- whom it cleared, or who was cleared before: an id
) STRICT;
CREATE INDEX verification_device ON verification (voyage, device, seq);
CREATE INDEX verification_traveler ON verification (traveler) WHERE traveler IS NOT NULL;

-- Somebody chose not to be photographed. Nothing else is known of it. after_seq: the
-- latest verification there was; a device's attempt series begins anew after it.
-- why so that nobody searches for who declined
-- until with its voyage: what the rule pack says after the close, at most `retention.template`; then counted
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/voyage_test.c: nothing about a person is left, counts are
CREATE TABLE decline (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        BLOB NOT NULL UNIQUE,
    voyage    BLOB NOT NULL REFERENCES voyage (id),
    device    BLOB NOT NULL,
    at_us     INTEGER NOT NULL,
    traveler  BLOB REFERENCES traveler (id),   -- whom, if they were looked up: an id
    after_seq INTEGER NOT NULL                 -- the latest verification there was
) STRICT;
CREATE INDEX decline_device ON decline (voyage, device, seq);
CREATE INDEX decline_traveler ON decline (traveler) WHERE traveler IS NOT NULL;

-- What is left of a voyage's persons after its purge: how many of each.
-- what: 'status:cleared', 'reason:below_threshold', 'decline'.
-- why what is left of a voyage's persons after its purge: numbers
-- until as long as the store
-- erased with the store
-- proved tests/service/voyage_test.c: nothing about a person is left, counts are
CREATE TABLE tally (
    voyage BLOB NOT NULL REFERENCES voyage (id),
    what   TEXT NOT NULL,                      -- what was counted
    n      INTEGER NOT NULL,                   -- how many
    PRIMARY KEY (voyage, what)
) STRICT, WITHOUT ROWID;

-- Bearer tokens: only a hash.
-- why to know who asks
-- until as long as the store, so that entries of the log can be read
-- erased with the store
-- proved tests/service/voyage_test.c: are shown once, expire and are revoked
CREATE TABLE token (
    id         BLOB PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,           -- keyed hash of the token; the token is stored nowhere
    role       INTEGER NOT NULL,
    label      TEXT NOT NULL,                  -- the operator's own words for it
    site       TEXT NOT NULL,
    carrier    TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    revoked_us INTEGER                         -- when it was revoked
) STRICT;

-- Answers to requests with an Idempotency-Key. sealed under the voyage's key where
-- there is one, else under the key of the day they expire.
-- why to give the same answer to the same request
-- until `idempotency.keep`, or with its voyage
-- erased key of the hour or of the voyage, then the row
-- proved tests/service/voyage_test.c: a request asked again is answered the same and not done again
CREATE TABLE answer (
    key        BLOB PRIMARY KEY,               -- keyed hash of the Idempotency-Key
    request    BLOB NOT NULL,                  -- keyed hash of the request
    voyage     BLOB REFERENCES voyage (id),
    day        INTEGER NOT NULL,               -- which key
    status     INTEGER NOT NULL,               -- of HTTP
    expires_us INTEGER NOT NULL,
    sealed     BLOB NOT NULL                   -- the answer: XChaCha20-Poly1305; opens in this row only
) STRICT;
CREATE INDEX answer_expiry ON answer (expires_us);
CREATE INDEX answer_voyage ON answer (voyage) WHERE voyage IS NOT NULL;
