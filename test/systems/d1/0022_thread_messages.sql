CREATE TABLE thread_messages (id TEXT PRIMARY KEY, thread_id TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'sent');
CREATE TABLE thread_message_deliveries (message_id TEXT NOT NULL REFERENCES thread_messages(id) ON DELETE CASCADE, user_id TEXT NOT NULL, read_at TEXT, PRIMARY KEY (message_id, user_id));
