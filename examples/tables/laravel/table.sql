-- Laravel's users: e-mail addresses as names, bcrypt by PHP.
CREATE TABLE `users` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `email_verified_at` timestamp NULL DEFAULT NULL,
  `password` varchar(255) NOT NULL,
  `remember_token` varchar(100) DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `users_email_unique` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `password_reset_tokens` (`email` varchar(255) NOT NULL PRIMARY KEY, `token` varchar(255) NOT NULL, `created_at` timestamp NULL DEFAULT NULL);
INSERT INTO `users` (`name`, `email`, `email_verified_at`, `password`) VALUES
  ('Taylor', 'taylor@example.com', '2024-01-02 03:04:05', '$2y$10$Gd5oyvG8YnM1JQNKN0avvuXGNeJ7IOzFAYaLdS.TJ0UWoIzC1mX7C'),
  ('Ann', 'ann@example.com', '2024-01-02 03:04:05', '$argon2id$v=19$m=19456,t=2,p=1$NjRhQ1JnaUlZUjFVS3JGSQ$mOqv+sRk3VIS5jElZGEd0fvpolnFhHCQ3T7/ZV1drBs');
