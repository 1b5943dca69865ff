CREATE INDEX IF NOT EXISTS idx_requests_window
    ON api_requests(conversation_id, timestamp DESC, request_id DESC);
CREATE INDEX IF NOT EXISTS idx_requests_subtasks
    ON api_requests(is_subtask, timestamp) WHERE is_subtask = 1;
DROP INDEX IF EXISTS idx_requests_conversation_timestamp;
ANALYZE api_requests;
