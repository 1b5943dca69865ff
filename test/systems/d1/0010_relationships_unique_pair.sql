-- Of each pair the oldest stays; then there is one.
PRAGMA foreign_keys = OFF;
DELETE FROM relationships WHERE rowid NOT IN (
  SELECT min(rowid) FROM relationships GROUP BY user_id, related_user_id);
CREATE TABLE relationships_new (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  related_user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  UNIQUE (user_id, related_user_id)
);
INSERT INTO relationships_new SELECT id, user_id, related_user_id FROM relationships;
DROP TABLE relationships;
ALTER TABLE relationships_new RENAME TO relationships;
PRAGMA foreign_keys = ON;
