-- Flask-Login with Flask-SQLAlchemy, as in the Flask Mega-Tutorial: people log in by user name, the hash is in password_hash. Werkzeug 3.
CREATE TABLE `user` (
  `id` INTEGER NOT NULL AUTO_INCREMENT,
  `username` VARCHAR(64) NOT NULL,
  `email` VARCHAR(120) NOT NULL,
  `password_hash` VARCHAR(256),
  `about_me` VARCHAR(140),
  `last_seen` DATETIME,
  PRIMARY KEY (`id`),
  UNIQUE KEY `ix_user_username` (`username`),
  UNIQUE KEY `ix_user_email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `user` (`username`, `email`, `password_hash`, `about_me`, `last_seen`) VALUES
  ('susan', 'susan@example.com', 'scrypt:32768:8:1$Sdzovs0R7kEQ7T1A$06153bf49882ea467eaca8fb756373e4a5a075e1cba82332d18417b555fce851ffe076bf802859684ebc0f7290ee4a188497d0f3b7b08fbed5c0e7a009cfdc54', 'I was here first', '2024-05-01 10:00:00'),
  ('john', 'john@example.com', 'pbkdf2:sha256:50000$vkKmnIUY$c915d84b5f5c8dc6b377064d2e7835b59d09b30a06011131367b32ccb4899456', NULL, NULL),
  ('new', 'new@example.com', NULL, NULL, NULL);
