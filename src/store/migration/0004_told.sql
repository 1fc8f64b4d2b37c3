-- 0004: what is told to whoever listens, and what somebody must know of.

-- What happened, in order; read again by listeners that were away. open, inside: facts as
-- JSON, never about a person; who it was is looked up while the voyage has its key.
-- why so that listeners who were away hear what happened
-- until `events.keep`; what is of a voyage with it
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/purge_test.c: cut off between any two steps, the next start completes it
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
-- why so that somebody who must know does
-- until with its voyage; those of none as long as the store
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/purge_test.c: what is older than its clock is counted and told
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
    taken_us     INTEGER,                      -- when somebody said that he knows
    taken_by     BLOB                          -- token of who did
) STRICT;
CREATE INDEX alert_voyage ON alert (voyage) WHERE voyage IS NOT NULL;
CREATE INDEX alert_waiting ON alert (seq) WHERE taken_us IS NULL;
