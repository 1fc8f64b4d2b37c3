-- 0014: what gates say of themselves.

-- When a gate was last heard of, and what it last said of itself.
-- why so that a gate that is off, out of date, without camera or with an old notice is found before travelers stand at it
-- until as long as the store
-- erased with the store
-- proved tests/service/devices.test.mjs: what a gate says of itself is shown, and outlives a restart
CREATE TABLE device_report (
    token           BLOB PRIMARY KEY REFERENCES token (id) ON DELETE CASCADE,
    seen_us         INTEGER NOT NULL,          -- when it last asked anything, to a minute
    reported_us     INTEGER,                   -- when it last said what follows; none: never
    software        TEXT NOT NULL,             -- its name and version
    started_us      INTEGER,                   -- when that started
    camera          INTEGER NOT NULL,          -- enum gw_camera_state
    camera_errors   INTEGER NOT NULL,          -- how often the camera failed since then
    notice_version  TEXT NOT NULL,             -- of the notice it shows
    notice_language TEXT NOT NULL,             -- of that notice
    mode            TEXT NOT NULL,             -- for which that notice is: air, sea, land; '' is any
    direction       TEXT NOT NULL              -- arrival or departure; '' is any
) STRICT, WITHOUT ROWID;
