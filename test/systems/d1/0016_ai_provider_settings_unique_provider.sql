CREATE TABLE ai_provider_settings (
  provider TEXT PRIMARY KEY CHECK (provider IN ('gemini', 'openai')),
  is_enabled INTEGER NOT NULL DEFAULT 1,
  default_model TEXT,
  fallback_provider TEXT,
  feature_routing_json TEXT NOT NULL DEFAULT '{}'
);
