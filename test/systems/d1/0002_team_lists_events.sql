CREATE TABLE lists (id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE list_items (id TEXT PRIMARY KEY, list_id TEXT NOT NULL REFERENCES lists(id) ON DELETE CASCADE, text TEXT);
CREATE TABLE list_members (list_id TEXT NOT NULL REFERENCES lists(id) ON DELETE CASCADE, user_id TEXT NOT NULL, PRIMARY KEY (list_id, user_id));
CREATE TABLE hosted_events (id TEXT PRIMARY KEY, title TEXT NOT NULL, starts_at TEXT);
CREATE TABLE event_participants (event_id TEXT NOT NULL REFERENCES hosted_events(id) ON DELETE CASCADE, user_id TEXT NOT NULL, PRIMARY KEY (event_id, user_id));
