-- 0011: what came when of a voyage, and how it ended.

-- booking: hash of the reservation, as reference. named: of the transmission that named the
-- traveler last, while a list comes in parts. gate: the status the gate had left when the
-- voyage was closed; said: what the carrier's close-out said, 1 on board, 0 not.
ALTER TABLE traveler ADD COLUMN booking BLOB;
ALTER TABLE traveler ADD COLUMN named BLOB;
ALTER TABLE traveler ADD COLUMN gate INTEGER;
ALTER TABLE traveler ADD COLUMN said INTEGER;
CREATE INDEX traveler_booking ON traveler (voyage, booking) WHERE booking IS NOT NULL;

-- 1: the carrier said that the voyage does not take place.
ALTER TABLE voyage ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;

-- Lists of a voyage's travelers by kind (0 passengers, 1 crew): when the first message of
-- it came, and when it was first there with all its parts.
CREATE TABLE announced (
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    kind     INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    whole_us INTEGER,
    PRIMARY KEY (voyage, kind)
) STRICT, WITHOUT ROWID;

-- Parts of a list that is not whole yet. transmission: hash of sender and reference, under
-- the voyage's key.
CREATE TABLE part (
    voyage       BLOB NOT NULL REFERENCES voyage (id),
    kind         INTEGER NOT NULL,
    transmission BLOB NOT NULL,
    number       INTEGER NOT NULL,
    mark         INTEGER NOT NULL,          -- 'C', 'F' or 0
    lost         INTEGER NOT NULL,          -- 1: somebody in it could not be read
    PRIMARY KEY (voyage, kind, transmission, number)
) STRICT, WITHOUT ROWID;

-- What the deadline clock has said of a voyage already (bits), and how covered the gallery
-- was at its marks: so many minutes before departure.
CREATE TABLE voyage_clock (
    voyage BLOB PRIMARY KEY REFERENCES voyage (id),
    said   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE readiness_mark (
    voyage   BLOB NOT NULL REFERENCES voyage (id),
    minutes  INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    covered  INTEGER NOT NULL,
    several  INTEGER NOT NULL,
    PRIMARY KEY (voyage, minutes)
) STRICT, WITHOUT ROWID;

-- Who was on board and on no list: what the close-out said of them, sealed.
CREATE TABLE unexpected (
    voyage BLOB PRIMARY KEY REFERENCES voyage (id),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
