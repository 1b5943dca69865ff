ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS current_message_hash TEXT;
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS parent_message_hash TEXT;
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS conversation_id TEXT;
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS branch_id TEXT DEFAULT 'main';
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS message_count INTEGER DEFAULT 0;
CREATE INDEX IF NOT EXISTS idx_requests_conversation_id
    ON api_requests(conversation_id);

UPDATE api_requests SET current_message_hash = sha256(request_body)
 WHERE current_message_hash IS NULL AND request_body IS NOT NULL;
UPDATE api_requests SET conversation_id = uuid()
 WHERE conversation_id IS NULL;
