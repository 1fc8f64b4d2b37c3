-- 0016: what a template's portrait is worth among others of the same person.

ALTER TABLE template ADD COLUMN source INTEGER NOT NULL DEFAULT 1; -- of its portrait: chip, passport, visa, encounter or application
ALTER TABLE template ADD COLUMN captured_day INTEGER;              -- when the picture was taken, if told
ALTER TABLE template ADD COLUMN received_us INTEGER NOT NULL DEFAULT 0; -- when the portrait came
