CREATE TABLE ai_provider_keys (id TEXT PRIMARY KEY, provider TEXT NOT NULL, encrypted_key TEXT NOT NULL, masked_preview TEXT);
