ALTER TABLE work_items ADD COLUMN visibility_scope TEXT NOT NULL DEFAULT 'private' CHECK (visibility_scope IN ('private', 'room', 'quest', 'squad'));
UPDATE work_items SET visibility_scope = visibility WHERE visibility IN ('private', 'room');
