ALTER TABLE workspace_members ADD COLUMN can_administer INTEGER NOT NULL DEFAULT 0;
UPDATE workspace_members SET can_administer = 1 WHERE role = 'owner';
