-- 0004: what is told to whoever listens, and what somebody must know of.

-- What happened, in order; read again by listeners that were away. open, inside: facts as
-- JSON, never about a person; who it was is looked up while the voyage has its key.
CREATE TABLE event (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us    INTEGER NOT NULL,
    kind     INTEGER NOT NULL,                 -- enum gw_event_kind
    roles    INTEGER NOT NULL,                 -- of those the kind is for, 1 << enum gw_role
    voyage   BLOB REFERENCES voyage (id),
    traveler BLOB,
    site     TEXT NOT NULL,                    -- of what happened at one place only, else ''
    open     TEXT NOT NULL,                    -- for everybody the kind is for
    inside   TEXT NOT NULL                     -- for officers and supervisors; and auditors
) STRICT;
CREATE INDEX event_voyage ON event (voyage) WHERE voyage IS NOT NULL;
CREATE INDEX event_at ON event (at_us);

-- Something a supervisor must know of, until somebody says he does.
CREATE TABLE alert (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL UNIQUE,
    at_us        INTEGER NOT NULL,
    kind         INTEGER NOT NULL,             -- enum gw_alert_kind
    voyage       BLOB REFERENCES voyage (id),
    traveler     BLOB,
    verification BLOB,
    inspection   BLOB,
    site         TEXT NOT NULL,
    taken_us     INTEGER,
    taken_by     BLOB
) STRICT;
CREATE INDEX alert_voyage ON alert (voyage) WHERE voyage IS NOT NULL;
CREATE INDEX alert_waiting ON alert (seq) WHERE taken_us IS NULL;
