CREATE INDEX IF NOT EXISTS idx_requests_conversation_timestamp
    ON api_requests(conversation_id, timestamp);
CREATE INDEX IF NOT EXISTS idx_requests_covering
    ON api_requests(conversation_id, timestamp, branch_id, message_count);
ANALYZE;
