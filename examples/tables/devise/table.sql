-- Rails with Devise: encrypted_password is bcrypt of the password with a pepper behind it; confirmed and locked accounts.
CREATE TABLE `users` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `email` varchar(255) NOT NULL DEFAULT '',
  `encrypted_password` varchar(255) NOT NULL DEFAULT '',
  `reset_password_token` varchar(255) DEFAULT NULL,
  `remember_created_at` datetime(6) DEFAULT NULL,
  `confirmation_token` varchar(255) DEFAULT NULL,
  `confirmed_at` datetime(6) DEFAULT NULL,
  `failed_attempts` int NOT NULL DEFAULT 0,
  `locked_at` datetime(6) DEFAULT NULL,
  `created_at` datetime(6) NOT NULL,
  `updated_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `index_users_on_email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` (`email`, `encrypted_password`, `confirmed_at`, `locked_at`, `created_at`, `updated_at`) VALUES
  ('ann@example.com', '$2a$10$pEM7fHE3jkjVXvVoSy3qvuA02elX9SNmbD6UcnQ2iH/3V5WAiH4Ue', '2024-01-02', NULL, '2024-01-01', '2024-01-01'),
  ('new@example.com', '$2a$10$RsmmGWQmi9vNMND2s2s4eeY9jJW0ZHb0ks39HWyVuwQ6PffKUGs5G', NULL, NULL, '2024-01-01', '2024-01-01'),
  ('locked@example.com', '$2a$10$iROQT4QtseR/yijkjMOKLOMtxNZn8beg7mO1gs4fY9LrHknKnMapW', '2024-01-02', '2024-02-01', '2024-01-01', '2024-01-01');
