ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS train_id TEXT;
UPDATE api_requests SET train_id = domain WHERE train_id IS NULL;
CREATE INDEX IF NOT EXISTS idx_requests_train_id
    ON api_requests(train_id, timestamp);
