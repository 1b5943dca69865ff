ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS parent_request_id TEXT
    REFERENCES api_requests(request_id);
UPDATE api_requests AS child
   SET parent_request_id = (
           SELECT parent.request_id FROM api_requests parent
            WHERE parent.current_message_hash = child.parent_message_hash)
 WHERE child.parent_request_id IS NULL
   AND child.parent_message_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_requests_parent_request_id
    ON api_requests(parent_request_id);
