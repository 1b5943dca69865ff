CREATE TABLE admin_import_sessions (id TEXT PRIMARY KEY, started_at TEXT);
CREATE TABLE admin_import_errors (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES admin_import_sessions(id) ON DELETE CASCADE, message TEXT);
