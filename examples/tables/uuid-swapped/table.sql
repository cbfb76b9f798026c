-- UUIDs as BINARY(16), their time first: MySQL's UUID_TO_BIN(x, 1).
CREATE TABLE `users` (
  `id` binary(16) NOT NULL PRIMARY KEY,
  `username` varchar(100) NOT NULL UNIQUE,
  `password` varchar(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES
  (x'1026baba6ccd780c95645b8c656024db', 'ann', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O'),
  (x'10ef7d2c5b1a4c8e95645b8c656024db', 'bob', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6');
