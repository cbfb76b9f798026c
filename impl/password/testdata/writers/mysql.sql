-- Hashes by MariaDB's PASSWORD(), which MySQL had until 8.0. match is 1 or 0.
SELECT JSON_OBJECT('writer', CONCAT('MariaDB ', VERSION()), 'form', 'mysql', 'password', typed,
                   'hash', PASSWORD(password), 'match', PASSWORD(typed) = PASSWORD(password))
FROM (SELECT 'correct horse' AS password UNION SELECT 'q' UNION SELECT 'pässwörd-密码') p
JOIN (SELECT 'correct horse' AS typed UNION SELECT 'q' UNION SELECT 'pässwörd-密码' UNION SELECT 'x') t;
