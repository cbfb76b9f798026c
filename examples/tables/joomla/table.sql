-- Joomla's users: block is 0 for who may log in, the other way round than active.
CREATE TABLE `jos_users` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(400) NOT NULL DEFAULT '',
  `username` varchar(150) NOT NULL DEFAULT '',
  `email` varchar(100) NOT NULL DEFAULT '',
  `password` varchar(100) NOT NULL DEFAULT '',
  `block` tinyint NOT NULL DEFAULT 0,
  `sendEmail` tinyint DEFAULT 0,
  `registerDate` datetime NOT NULL,
  `activation` varchar(100) NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `idx_block` (`block`),
  UNIQUE KEY `idx_username` (`username`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `jos_users` (`id`, `name`, `username`, `email`, `password`, `block`, `registerDate`) VALUES
  (42, 'Super User', 'admin', 'admin@example.com', '$2y$10$Gd5oyvG8YnM1JQNKN0avvuXGNeJ7IOzFAYaLdS.TJ0UWoIzC1mX7C', 0, '2024-01-01'),
  (43, 'Blocked', 'blocked', 'blocked@example.com', '$2y$10$ldBk0XmdyPE3vVeFZXJI/emdorA4DWqCr/L1SEsbCFSJO8T3nMRxK', 1, '2024-01-01');
