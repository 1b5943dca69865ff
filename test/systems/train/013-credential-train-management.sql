CREATE TABLE IF NOT EXISTS trains (
    train_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS anthropic_credentials (
    id INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL UNIQUE,
    expires_at TEXT
);
CREATE TABLE IF NOT EXISTS train_accounts (
    train_id TEXT NOT NULL REFERENCES trains(train_id) ON DELETE CASCADE,
    credential_id INTEGER NOT NULL REFERENCES anthropic_credentials(id),
    PRIMARY KEY (train_id, credential_id)
);
CREATE TABLE IF NOT EXISTS train_api_keys (
    id INTEGER PRIMARY KEY,
    train_id TEXT NOT NULL REFERENCES trains(train_id) ON DELETE CASCADE,
    key_hash TEXT NOT NULL UNIQUE
);
INSERT OR IGNORE INTO trains(train_id, name)
    SELECT DISTINCT train_id, train_id FROM api_requests;
