CREATE INDEX IF NOT EXISTS idx_requests_account_timestamp
    ON api_requests(account_id, timestamp);
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS system_hash TEXT;
CREATE INDEX IF NOT EXISTS idx_requests_system_hash ON api_requests(system_hash);
