-- 0009: inspections and boarding statuses.

-- A human looks at the document. Opened by a verification that was not a clear (with its
-- candidate: whom the picture resembled most), a decline, or a changed boarding status.
CREATE TABLE inspection (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL UNIQUE,
    voyage         BLOB NOT NULL REFERENCES voyage (id),
    site           TEXT NOT NULL,
    cause          INTEGER NOT NULL,           -- enum gw_inspection_cause
    reason         TEXT NOT NULL,              -- code of policy/reason.def
    verification   BLOB,
    decline        BLOB,
    candidate      BLOB,
    traveler       BLOB,                       -- who it is, where that is sure
    state          INTEGER NOT NULL,           -- enum gw_inspection_state
    opened_us      INTEGER NOT NULL,
    claimed_us     INTEGER,                    -- first
    claimed_by     BLOB,                       -- who has it now
    lease_us       INTEGER,                    -- until when
    decided_us     INTEGER,                    -- first outcome
    decided_by     BLOB,
    closed_us      INTEGER,
    closed_by      BLOB,
    method         INTEGER,                    -- enum gw_inspection_method
    result         INTEGER                     -- enum gw_inspection_result
) STRICT;
CREATE INDEX inspection_voyage ON inspection (voyage, seq);
CREATE INDEX inspection_waiting ON inspection (seq) WHERE closed_us IS NULL;
CREATE INDEX inspection_verification ON inspection (verification) WHERE verification IS NOT NULL;

-- What the vetting authority says of somebody, the latest; no row: nothing was said.
CREATE TABLE boarding (
    traveler BLOB PRIMARY KEY REFERENCES traveler (id) ON DELETE CASCADE,
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    status   INTEGER NOT NULL,                 -- enum gw_boarding_status
    as_of_us INTEGER NOT NULL                  -- when the authority said so
) STRICT, WITHOUT ROWID;
CREATE INDEX boarding_voyage ON boarding (voyage);
