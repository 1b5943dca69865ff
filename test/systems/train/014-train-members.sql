CREATE TABLE IF NOT EXISTS train_members (
    id INTEGER PRIMARY KEY,
    train_id TEXT NOT NULL REFERENCES trains(train_id) ON DELETE CASCADE,
    user_email TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    UNIQUE (train_id, user_email)
);
CREATE INDEX IF NOT EXISTS idx_train_members_role
    ON train_members(train_id, role);
INSERT INTO train_members(train_id, user_email, role)
    SELECT train_id, 'todo@localhost', 'owner' FROM trains
     WHERE train_id NOT IN (
         SELECT train_id FROM train_members WHERE role = 'owner');
