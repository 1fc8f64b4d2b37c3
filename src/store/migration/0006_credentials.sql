-- 0006: certificates beside tokens, and credentials that are renewed.

-- certificate: SHA-256 of a client certificate, which then stands where a token would;
-- hash is a keyed hash of it. prior_hash: the credential before the last renewal, good
-- until prior_until_us.
ALTER TABLE token ADD COLUMN certificate BLOB; -- hash of the device's certificate
ALTER TABLE token ADD COLUMN prior_hash BLOB; -- keyed hash of the token it replaces
ALTER TABLE token ADD COLUMN prior_until_us INTEGER; -- until when that is taken, too
