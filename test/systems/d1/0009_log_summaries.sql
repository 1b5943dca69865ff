CREATE TABLE daily_log_summaries (day TEXT PRIMARY KEY, requests INTEGER NOT NULL DEFAULT 0);
