-- 0003: who looked at photos, and who allowed more of it.

-- Written before the photo is given, and kept when the photo is gone. Nothing in it tells
-- who is in the picture. id is also hidden in the picture that was given.
-- why to account for every look at a photo
-- until `retention.access`
-- erased row
-- proved tests/service/photos.test.mjs: the report counts accesses by purpose and names nobody
CREATE TABLE photo_access (
    id      BLOB PRIMARY KEY,
    at_us   INTEGER NOT NULL,
    photo   BLOB NOT NULL,                     -- id of the photo
    kind    INTEGER NOT NULL,                  -- of the photo: 1 live picture, 2 portrait
    token   BLOB NOT NULL,                     -- who
    role    INTEGER NOT NULL,
    purpose INTEGER NOT NULL,                  -- enum gw_photo_purpose
    basis   BLOB NOT NULL,                     -- the case that was named
    site    TEXT NOT NULL                      -- of who looked
) STRICT;
CREATE INDEX photo_access_token ON photo_access (token, at_us);
CREATE INDEX photo_access_at ON photo_access (at_us);

-- A second person lets somebody see more photos in an hour than one person may decide to.
-- why to account for who let whom see more photos
-- until `retention.access`
-- erased row
-- proved tests/service/photos.test.mjs: beyond photos.per_hour a second person must approve
CREATE TABLE photo_approval (
    id       BLOB PRIMARY KEY,
    at_us    INTEGER NOT NULL,
    until_us INTEGER NOT NULL,                 -- until when
    token    BLOB NOT NULL,                    -- for whom
    approver BLOB NOT NULL,                    -- by whom; never the same
    photos   INTEGER NOT NULL                  -- how many more
) STRICT;
CREATE INDEX photo_approval_token ON photo_approval (token, until_us);
