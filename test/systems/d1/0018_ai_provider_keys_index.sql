CREATE INDEX idx_ai_provider_keys_provider ON ai_provider_keys(provider);
