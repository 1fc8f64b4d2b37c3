-- 0005: clocks that start when a voyage is closed.

-- Until when portraits of its travelers may be kept, where no other voyage expects them; known at the close.
ALTER TABLE voyage ADD COLUMN portraits_us INTEGER; -- when portraits of its travelers die
