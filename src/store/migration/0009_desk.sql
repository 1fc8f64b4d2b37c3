-- 0009: inspections and boarding statuses.

-- A human looks at the document. Opened by a verification that was not a clear (with its
-- candidate: whom the picture resembled most), a decline, or a changed boarding status.
-- why so that an officer finds the case, and how it ended is known
-- until with its voyage: what the rule pack says after the close, at most `retention.template`; then counted (`tally`)
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/purge_test.c: cut off between any two steps, the next start completes it
CREATE TABLE inspection (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL UNIQUE,
    voyage         BLOB NOT NULL REFERENCES voyage (id),
    site           TEXT NOT NULL,
    cause          INTEGER NOT NULL,           -- enum gw_inspection_cause
    reason         TEXT NOT NULL,              -- code of policy/reason.def
    verification   BLOB,
    decline        BLOB,
    candidate      BLOB,                       -- id of the traveler the live picture resembled most
    traveler       BLOB,                       -- who it is, where that is sure
    state          INTEGER NOT NULL,           -- enum gw_inspection_state
    opened_us      INTEGER NOT NULL,           -- when it was opened
    claimed_us     INTEGER,                    -- first
    claimed_by     BLOB,                       -- who has it now
    lease_us       INTEGER,                    -- until when
    decided_us     INTEGER,                    -- first outcome
    decided_by     BLOB,                       -- token of who decided
    closed_us      INTEGER,                    -- when it was closed
    closed_by      BLOB,                       -- token of who closed it
    method         INTEGER,                    -- enum gw_inspection_method
    result         INTEGER                     -- enum gw_inspection_result
) STRICT;
CREATE INDEX inspection_voyage ON inspection (voyage, seq);
CREATE INDEX inspection_waiting ON inspection (seq) WHERE closed_us IS NULL;
CREATE INDEX inspection_verification ON inspection (verification) WHERE verification IS NOT NULL;

-- What the vetting authority says of somebody, the latest; no row: nothing was said.
-- why so that nobody boards against the word of the vetting authority
-- until with its voyage: what the rule pack says after the close, at most `retention.template`
-- erased with the traveler's row
-- proved tests/service/purge_test.c: cut off between any two steps, the next start completes it
CREATE TABLE boarding (
    traveler BLOB PRIMARY KEY REFERENCES traveler (id) ON DELETE CASCADE,
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    status   INTEGER NOT NULL,                 -- enum gw_boarding_status
    as_of_us INTEGER NOT NULL                  -- when the authority said so
) STRICT, WITHOUT ROWID;
CREATE INDEX boarding_voyage ON boarding (voyage);
