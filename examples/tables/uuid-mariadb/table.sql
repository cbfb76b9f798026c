-- MariaDB's own type UUID.
CREATE TABLE `users` (
  `id` uuid NOT NULL PRIMARY KEY DEFAULT uuid(),
  `username` varchar(100) NOT NULL UNIQUE,
  `password` varchar(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES
  ('6ccd780c-baba-1026-9564-5b8c656024db', 'ann', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O'),
  ('f47ac10b-58cc-4372-a567-0e02b2c3d479', 'bob', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6');
