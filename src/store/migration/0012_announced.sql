-- 0012: what came when of a voyage, and how it ended.

ALTER TABLE traveler ADD COLUMN booking BLOB; -- keyed hash of the reservation
ALTER TABLE traveler ADD COLUMN named BLOB; -- while a list comes in parts: keyed hash of the transmission that named the traveler last
ALTER TABLE traveler ADD COLUMN gate INTEGER; -- the status the gate had left when the voyage was closed, or when the traveler was taken off it
ALTER TABLE traveler ADD COLUMN said INTEGER; -- what the carrier's close-out said: 1 on board, 0 not
CREATE INDEX traveler_booking ON traveler (voyage, booking) WHERE booking IS NOT NULL;

ALTER TABLE voyage ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0; -- 1: the carrier said that it does not take place

-- Lists of a voyage's travelers, and when they came.
-- why to know which list was late or is missing
-- until as long as the store
-- erased with the store
-- proved tests/service/manifest.test.mjs: a list that comes after its deadline is late, told and alarmed
CREATE TABLE announced (
    voyage   BLOB NOT NULL REFERENCES voyage (id), -- which
    kind     INTEGER NOT NULL,                 -- of its travelers: 0 passengers, 1 crew
    first_us INTEGER NOT NULL,                 -- when the first message of it came
    whole_us INTEGER,                          -- when it was first there with all its parts
    PRIMARY KEY (voyage, kind)
) STRICT, WITHOUT ROWID;

-- Parts of a list that is not whole yet.
-- why so that nobody is taken off a voyage before all parts of its list came
-- until all parts are there, or the voyage's purge
-- erased row
-- proved tests/service/manifest.test.mjs: parts in several requests, in any order: nobody goes before all of them are there
CREATE TABLE part (
    voyage       BLOB NOT NULL REFERENCES voyage (id), -- which
    kind         INTEGER NOT NULL,             -- of its travelers: 0 passengers, 1 crew
    transmission BLOB NOT NULL,                -- hash of sender and reference under the voyage's key
    number       INTEGER NOT NULL,             -- of the part
    mark         INTEGER NOT NULL,             -- 'C', 'F' or 0
    lost         INTEGER NOT NULL,             -- 1: somebody in it could not be read
    PRIMARY KEY (voyage, kind, transmission, number)
) STRICT, WITHOUT ROWID;

-- What the deadline clock has said of a voyage already.
-- why so that each deadline is said once
-- until as long as the store
-- erased with the store
-- proved tests/service/manifest.test.mjs: a passenger list that did not come is missing at its deadline
CREATE TABLE voyage_clock (
    voyage BLOB PRIMARY KEY REFERENCES voyage (id), -- which
    said   INTEGER NOT NULL                    -- bits
) STRICT, WITHOUT ROWID;

-- How covered a gallery was so many minutes before departure: numbers.
-- why to see whether portraits come in time
-- until as long as the store
-- erased with the store
-- proved tests/service/manifest.test.mjs: readiness is told at half an hour before departure, and when it changes
CREATE TABLE readiness_mark (
    voyage   BLOB NOT NULL REFERENCES voyage (id), -- which
    minutes  INTEGER NOT NULL,                 -- before departure
    at_us    INTEGER NOT NULL,                 -- when it was counted
    expected INTEGER NOT NULL,                 -- travelers to be photographed
    covered  INTEGER NOT NULL,                 -- of them with a usable portrait
    several  INTEGER NOT NULL,                 -- with more than one
    PRIMARY KEY (voyage, minutes)
) STRICT, WITHOUT ROWID;

-- Who was on board and on no list, as the carrier's close-out says it.
-- why to be told as a difference between gate and carrier
-- until the voyage's purge
-- erased key of the voyage first, then the row; overwritten (`secure_delete`), and the write-ahead log is cut
-- proved tests/service/manifest.test.mjs: CLOB: those listed are on board; who is on no list is told
CREATE TABLE unexpected (
    voyage BLOB PRIMARY KEY REFERENCES voyage (id), -- which
    sealed BLOB NOT NULL                       -- under the voyage's key: what the message said of them
) STRICT, WITHOUT ROWID;
