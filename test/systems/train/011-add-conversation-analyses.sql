CREATE TABLE IF NOT EXISTS conversation_analyses (
    id INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL,
    branch_id TEXT NOT NULL DEFAULT 'main',
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    model TEXT,
    analysis TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (conversation_id, branch_id)
);
CREATE INDEX IF NOT EXISTS idx_analyses_pending
    ON conversation_analyses(status) WHERE status = 'pending';
CREATE TRIGGER IF NOT EXISTS conversation_analyses_updated_at
AFTER UPDATE ON conversation_analyses
BEGIN
    UPDATE conversation_analyses SET updated_at = CURRENT_TIMESTAMP
     WHERE id = new.id;
END;
