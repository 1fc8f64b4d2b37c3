-- 0018: a picture is under a hold's key only from when its own clock is over: then it dies with the last hold on it.
-- Those a hold took before, whenever they were due, die with it, too: their own clock was overwritten.

CREATE INDEX photo_held ON photo (key_scope) WHERE key_kind = 5; -- by the hold whose key they are under
