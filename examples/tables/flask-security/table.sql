-- Flask-Security-Too: e-mail addresses as names, active, and a hash of an HMAC of the password, whose key is SECURITY_PASSWORD_SALT.
CREATE TABLE `user` (
  `id` INTEGER NOT NULL AUTO_INCREMENT,
  `email` VARCHAR(255) NOT NULL,
  `username` VARCHAR(255) DEFAULT NULL,
  `password` VARCHAR(255) NOT NULL,
  `active` BOOL NOT NULL,
  `fs_uniquifier` VARCHAR(64) NOT NULL,
  `confirmed_at` DATETIME DEFAULT NULL,
  `last_login_at` DATETIME DEFAULT NULL,
  `login_count` INTEGER DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`),
  UNIQUE KEY `fs_uniquifier` (`fs_uniquifier`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `role` (`id` INTEGER NOT NULL AUTO_INCREMENT, `name` VARCHAR(80) UNIQUE, `description` VARCHAR(255), PRIMARY KEY (`id`));
CREATE TABLE `roles_users` (`user_id` INTEGER, `role_id` INTEGER);
INSERT INTO `user` (`email`, `username`, `password`, `active`, `fs_uniquifier`, `confirmed_at`) VALUES
  ('ann@example.com', NULL, '$argon2id$v=19$m=19456,t=2,p=1$753zPsf4H6PUmtOak/I+5w$bkDvq9DC26YnNtiJfxWcmUrGuaDcx4fQq1gzVEimjE8', 1, '5c3a1f0de5b84a6c8a0e3c1f6f3b1a01', '2024-01-02 03:04:05'),
  ('bob@example.com', NULL, '$2b$10$Z5h4JWrS3GMV5zpCWic5EubyR2mqDyyvRmqNn79tty6FUNBl0C16W', 1, '5c3a1f0de5b84a6c8a0e3c1f6f3b1a02', '2024-01-02 03:04:05'),
  ('off@example.com', NULL, '$argon2id$v=19$m=19456,t=2,p=1$AcDYO+ccI+R8T+m9t3au9Q$xV7U/E4y+NRtoJGGVL+ijYui8blZgghq/gBq1heCxw0', 0, '5c3a1f0de5b84a6c8a0e3c1f6f3b1a03', '2024-01-02 03:04:05');
