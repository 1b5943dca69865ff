CREATE TABLE ai_usage_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, provider TEXT NOT NULL, feature TEXT NOT NULL, cost_micros INTEGER NOT NULL DEFAULT 0);
CREATE TABLE ai_cost_budgets (user_id TEXT PRIMARY KEY, daily_micros INTEGER NOT NULL);
