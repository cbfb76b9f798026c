-- Many customers in one table: a name is unique within a tenant only. A server is for one of them.
CREATE TABLE `account` (
  `account_id` int unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL,
  `username` varchar(80) NOT NULL,
  `password_hash` varchar(255) NOT NULL,
  PRIMARY KEY (`account_id`),
  UNIQUE KEY `tenant_user` (`tenant_id`, `username`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `account` (`account_id`, `tenant_id`, `username`, `password_hash`) VALUES
  (11, 6, 'admin', '$2b$10$55olM1JfWfKpVAgpMHv5WuEMkIqseEhA5AQOhH2C173twtiPHrnF.'),
  (12, 7, 'admin', '$2b$10$NSZEIUeKCvG2V1FcO9f0WeIvqMecC7BuC/nTGLIG0V1uUqtQaWSrC'),
  (13, 7, 'ann', '$2b$10$3fq0L9Mb8Tj3pn9dUD/6OO7WYXVImE6DRBQzIQjsEtZ8BevM3lejO'),
  (14, 8, 'bob', '$2b$10$00dXZPvTD935lpbxTJj8oOKg7IQD92du9KAPN3bEkzdX/jsin1EzC');
