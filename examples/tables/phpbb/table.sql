-- phpBB's phpbb_users: bots and guests in user_type, user_name in a clean spelling beside it, $H$ and bcrypt.
CREATE TABLE `phpbb_users` (
  `user_id` int unsigned NOT NULL AUTO_INCREMENT,
  `user_type` tinyint NOT NULL DEFAULT 0,
  `username` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `username_clean` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `user_password` varchar(255) NOT NULL DEFAULT '',
  `user_email` varchar(100) NOT NULL DEFAULT '',
  PRIMARY KEY (`user_id`),
  UNIQUE KEY `username_clean` (`username_clean`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `phpbb_users` (`user_id`, `user_type`, `username`, `username_clean`, `user_password`) VALUES
  (1, 2, 'Anonymous', 'anonymous', ''),
  (2, 3, 'Admin', 'admin', '$2y$10$Gd5oyvG8YnM1JQNKN0avvuXGNeJ7IOzFAYaLdS.TJ0UWoIzC1mX7C'),
  (3, 2, 'Bing [Bot]', 'bing [bot]', ''),
  (48, 0, 'Veteran', 'veteran', '$H$9Y3zTctUg51wEl1/oG25Q9S8TodUZS1');
