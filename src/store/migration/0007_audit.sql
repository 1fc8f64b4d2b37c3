-- 0007: the log that outsiders can check (docs/audit.md).
--
-- Nothing here is about a person: entries hold ids, counts, times, words, and hashes
-- under keys that die with the voyage. Rows are added and never changed or deleted.

-- The entries, as the bytes that are hashed. subject: the id an entry is about (else its voyage), to find it by.
-- why the log that outsiders can check; about persons only references under keys that die
-- until as long as the store
-- erased with the store; its references lead nowhere once their keys are dead
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE audit_entry (
    n       INTEGER PRIMARY KEY,               -- from 0, without a gap
    at_us   INTEGER NOT NULL,
    subject BLOB,                              -- id the entry is about
    entry   BLOB NOT NULL                      -- the entry: ids, words, counts, times (audit/entry.def)
) STRICT;
CREATE INDEX audit_entry_subject ON audit_entry (subject) WHERE subject IS NOT NULL;
CREATE INDEX audit_entry_at ON audit_entry (at_us);

-- Roots of perfect subtrees of 16, 256, 4096 … entries; those between are hashed when asked for.
-- why to prove entries of the log
-- until as long as the store
-- erased with the store
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE audit_node (
    level INTEGER NOT NULL,                    -- 4, 8, 12 …: of 2^level entries
    i     INTEGER NOT NULL,                    -- which of them, from the left
    hash  BLOB NOT NULL,                       -- of the tree
    PRIMARY KEY (level, i)
) STRICT, WITHOUT ROWID;

-- Where the next entry goes: one row. last: leaf hash of the latest entry, empty before the first.
-- frontier: roots of the perfect trees that size splits into, largest first.
-- why to go on with the log
-- until as long as the store
-- erased with the store
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE audit_tree (
    one      INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
    size     INTEGER NOT NULL,                 -- entries
    last_us  INTEGER NOT NULL,                 -- of the latest entry
    last     BLOB NOT NULL,                    -- hash of the latest entry
    frontier BLOB NOT NULL                     -- hashes to go on with
) STRICT;
INSERT INTO audit_tree (one, size, last_us, last, frontier) VALUES (1, 0, 0, x'', x'');

-- Signed heads: note is the text with its signature.
-- why to prove that the log was not changed
-- until as long as the store
-- erased with the store
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE audit_head (
    size  INTEGER PRIMARY KEY,                 -- entries it covers
    at_us INTEGER NOT NULL,
    note  TEXT NOT NULL                        -- signed head
) STRICT;

-- Witnesses' signatures over heads: line is the signature line as they sent it.
-- why to prove that others saw the same log
-- until as long as the store
-- erased with the store
-- proved tests/service/purge_test.c: no byte of picture, template or key is left in any file
CREATE TABLE audit_cosignature (
    size    INTEGER NOT NULL REFERENCES audit_head (size), -- entries it covers
    witness TEXT NOT NULL,                     -- name of the witness
    at_us   INTEGER NOT NULL,                  -- when the witness signed
    line    TEXT NOT NULL,                     -- its signature
    PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;
