-- All tables, and nothing that refers to nobody.
WITH expected(name) AS (
    VALUES ('conversations'), ('messages'), ('tasks'), ('users'))
SELECT name FROM expected
 WHERE name NOT IN (SELECT name FROM sqlite_schema WHERE type = 'table');

SELECT t.id, t.user_id FROM tasks t
  LEFT JOIN users u ON u.id = t.user_id WHERE u.id IS NULL;
