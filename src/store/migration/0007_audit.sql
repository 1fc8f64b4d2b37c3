-- 0007: the log that outsiders can check (docs/audit.md).
--
-- Nothing here is about a person: entries hold ids, counts, times, words, and hashes
-- under keys that die with the voyage. Rows are added and never changed or deleted.

-- The entries, as the bytes that are hashed. subject: the id an entry is about (else its voyage), to find it by.
CREATE TABLE audit_entry (
    n       INTEGER PRIMARY KEY,               -- from 0, without a gap
    at_us   INTEGER NOT NULL,
    subject BLOB,
    entry   BLOB NOT NULL
) STRICT;
CREATE INDEX audit_entry_subject ON audit_entry (subject) WHERE subject IS NOT NULL;
CREATE INDEX audit_entry_at ON audit_entry (at_us);

-- Roots of perfect subtrees of 16, 256, 4096 … entries; those between are hashed when asked for.
CREATE TABLE audit_node (
    level INTEGER NOT NULL,                    -- 4, 8, 12 …: of 2^level entries
    i     INTEGER NOT NULL,                    -- which of them, from the left
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, i)
) STRICT, WITHOUT ROWID;

-- Where the next entry goes: one row. last: leaf hash of the latest entry, empty before the first.
-- frontier: roots of the perfect trees that size splits into, largest first.
CREATE TABLE audit_tree (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    size     INTEGER NOT NULL,
    last_us  INTEGER NOT NULL,
    last     BLOB NOT NULL,
    frontier BLOB NOT NULL
) STRICT;
INSERT INTO audit_tree (one, size, last_us, last, frontier) VALUES (1, 0, 0, x'', x'');

-- Signed heads: note is the text with its signature.
CREATE TABLE audit_head (
    size  INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    note  TEXT NOT NULL
) STRICT;

-- Witnesses' signatures over heads: line is the signature line as they sent it.
CREATE TABLE audit_cosignature (
    size    INTEGER NOT NULL REFERENCES audit_head (size),
    witness TEXT NOT NULL,
    at_us   INTEGER NOT NULL,                  -- when the witness signed
    line    TEXT NOT NULL,
    PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;
