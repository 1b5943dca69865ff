CREATE TABLE IF NOT EXISTS api_requests (
    request_id TEXT PRIMARY KEY NOT NULL,
    domain TEXT NOT NULL,
    timestamp TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    request_body TEXT,
    response_body TEXT,
    account_id TEXT
);
CREATE TABLE IF NOT EXISTS streaming_chunks (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES api_requests(request_id)
        ON DELETE CASCADE,
    chunk_index INTEGER NOT NULL,
    data TEXT
);
CREATE VIEW IF NOT EXISTS hourly_stats AS
    SELECT strftime('%Y-%m-%d %H', timestamp) AS hour, count(*) AS requests
      FROM api_requests GROUP BY hour;
CREATE INDEX IF NOT EXISTS idx_requests_timestamp ON api_requests(timestamp);
