-- Only after users.
SELECT 'no table users'
 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'users');
