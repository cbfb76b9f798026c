-- Drupal 7's users: the anonymous user 0 without a name, blocked accounts by status, SHA-512 in phpass's manner.
CREATE TABLE `users` (
  `uid` int unsigned NOT NULL DEFAULT 0,
  `name` varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `pass` varchar(128) NOT NULL DEFAULT '',
  `mail` varchar(254) DEFAULT '',
  `created` int NOT NULL DEFAULT 0,
  `access` int NOT NULL DEFAULT 0,
  `login` int NOT NULL DEFAULT 0,
  `status` tinyint NOT NULL DEFAULT 0,
  `timezone` varchar(32) DEFAULT NULL,
  `language` varchar(12) NOT NULL DEFAULT '',
  PRIMARY KEY (`uid`),
  UNIQUE KEY `name` (`name`),
  KEY `mail` (`mail`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` (`uid`, `name`, `pass`, `mail`, `status`) VALUES
  (0, '', '', '', 0),
  (1, 'admin', '$S$8ixr11ScSq.sJP48IHw06sPYPrP49vaZsUd2P/x/JlVY/o0ZdKM6', 'admin@example.com', 1),
  (2, 'Zoë', '$S$8DNVVZhj1JAFLi1wA5l/kLmYES4ynVrhBTtsTFhdX1Pq4mFDN/D6', 'zoe@example.com', 1),
  (3, 'spammer', '$S$8ekreORgeEQejNJuR7jRMcEVT49GBt1/kc9BD0Du05/qnh9MSkOH', 'spam@example.com', 0);
