CREATE INDEX IF NOT EXISTS idx_requests_temporal
    ON api_requests(conversation_id, timestamp);
CREATE INDEX IF NOT EXISTS idx_requests_subtask_sequence
    ON api_requests(parent_task_request_id, timestamp) WHERE is_subtask = 1;
