-- UUIDs as BINARY(16), in the order in which they are written: MySQL's UUID_TO_BIN(x).
CREATE TABLE `users` (
  `id` binary(16) NOT NULL PRIMARY KEY,
  `username` varchar(100) NOT NULL UNIQUE,
  `password` varchar(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES
  (x'6ccd780cbaba102695645b8c656024db', 'ann', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O'),
  (x'f47ac10b58cc4372a5670e02b2c3d479', 'bob', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6');
