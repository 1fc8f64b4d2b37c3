-- 0005: clocks that start when a voyage is closed.

-- portraits_us: until when portraits of its travelers may be kept, known at the close;
-- retimed_us: when they had all been put under keys that die by then.
ALTER TABLE voyage ADD COLUMN portraits_us INTEGER;
ALTER TABLE voyage ADD COLUMN retimed_us INTEGER;
CREATE INDEX voyage_untimed ON voyage (closed_us) WHERE portraits_us IS NOT NULL AND purged_us IS NULL AND retimed_us IS NULL;
