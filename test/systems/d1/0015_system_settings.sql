CREATE TABLE system_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO system_settings(key, value) VALUES
  ('maintenance_mode', 'false'),
  ('max_ai_cost_per_user_daily', '1.00'),
  ('default_rate_limit', '60');
