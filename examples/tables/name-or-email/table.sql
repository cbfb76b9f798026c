-- People log in by user name or e-mail address; one chose another's address as his name.
CREATE TABLE `members` (
  `member_id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `username` varchar(190) NOT NULL,
  `email` varchar(190) NOT NULL,
  `passwd` varchar(255) NOT NULL,
  UNIQUE KEY (`username`),
  UNIQUE KEY (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `members` (`username`, `email`, `passwd`) VALUES
  ('ann', 'ann@example.com', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O'),
  ('Bob', 'bob@example.com', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6'),
  ('ann@example.com', 'thief@example.com', '$2b$10$3JaE7gyPc./7Lc/0l58tqOYNVG/g55XP3jX7y/Np4eQACno3ZRH/C');
