-- Chat sessions, their messages, runs of agents and what they made.
CREATE TABLE IF NOT EXISTS chat_sessions (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    mode TEXT NOT NULL DEFAULT 'ask',
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    attached_skills TEXT NOT NULL DEFAULT '[]',
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS chat_messages (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    session_id TEXT NOT NULL REFERENCES chat_sessions(id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    tool_calls TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS agent_runs (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    agent TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'running',
    started_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metrics TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE IF NOT EXISTS agent_artifacts (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    run_id TEXT NOT NULL REFERENCES agent_runs(id) ON DELETE CASCADE,
    path TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_chat_messages_session_id
    ON chat_messages(session_id);
CREATE INDEX IF NOT EXISTS idx_chat_messages_created_at
    ON chat_messages(created_at);
CREATE INDEX IF NOT EXISTS idx_chat_sessions_created_at
    ON chat_sessions(created_at DESC);
CREATE INDEX IF NOT EXISTS idx_agent_runs_status ON agent_runs(status);
CREATE INDEX IF NOT EXISTS idx_agent_runs_started_at
    ON agent_runs(started_at DESC);
CREATE INDEX IF NOT EXISTS idx_agent_artifacts_run_id
    ON agent_artifacts(run_id);

CREATE TRIGGER IF NOT EXISTS update_chat_sessions_updated_at
AFTER UPDATE ON chat_sessions
WHEN new.updated_at = old.updated_at
BEGIN
    UPDATE chat_sessions SET updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
     WHERE id = new.id;
END;

-- rollback:
-- DROP TRIGGER IF EXISTS update_chat_sessions_updated_at;
-- DROP TABLE IF EXISTS agent_artifacts;
-- DROP TABLE IF EXISTS chat_messages;
-- DROP TABLE IF EXISTS agent_runs;
-- DROP TABLE IF EXISTS chat_sessions;
