-- Keys of users may be texts, which SQLite's TEXT already holds. The versions of both
-- databases count alike.
SELECT 1;
