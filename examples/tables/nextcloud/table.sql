-- Nextcloud's oc_users: the name is the key, and a version stands in front of each hash. A view takes it off.
CREATE TABLE `oc_users` (
  `uid` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `displayname` varchar(64) DEFAULT NULL,
  `password` varchar(255) NOT NULL DEFAULT '',
  `uid_lower` varchar(64) DEFAULT '',
  PRIMARY KEY (`uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE VIEW `restauth_users` AS
  SELECT `uid`, SUBSTRING(`password`, 3) AS `password` FROM `oc_users`;
INSERT INTO `oc_users` VALUES
  ('admin', 'Admin', '3|$argon2id$v=19$m=19456,t=2,p=1$Yk1SaXA0cy9tYnBGZ0ZHMw$JYIFPyslMxLytG8GKblHi1WK2ELvQCbYUmxpkYjWGVI', 'admin'),
  ('ann', NULL, '1|$2y$10$ldBk0XmdyPE3vVeFZXJI/emdorA4DWqCr/L1SEsbCFSJO8T3nMRxK', 'ann');
