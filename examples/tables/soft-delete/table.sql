-- Rows that are deleted stay, with a time in deleted_at; an address may be registered again.
CREATE TABLE `users` (
  `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `email` varchar(190) NOT NULL,
  `password` varchar(255) NOT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  KEY (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` (`email`, `password`, `deleted_at`) VALUES
  ('ann@example.com', '$2y$10$Kfp28ChpllwczsWjRVj9CusErPjN5l5omtzB7qD5vXG5o6/cCBMTy', '2023-05-06 07:08:09'),
  ('ann@example.com', '$2y$10$2q36r3jUBYD0X.jwvXZl0eTExLnL0gXO/Cct03LFAgLdItRx6atVG', NULL),
  ('bob@example.com', '$2y$10$g31f9Gf78QXUhNyCvQtpMO9CN5qpcMYE2A7jiV8PaBdd.U6aPjuIi', '2023-05-06 07:08:09');
