-- UUIDs as text, CHAR(36), as many ORMs keep them.
CREATE TABLE `users` (
  `id` char(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL PRIMARY KEY,
  `username` varchar(100) NOT NULL UNIQUE,
  `password` varchar(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES
  ('6ccd780c-baba-1026-9564-5b8c656024db', 'ann', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O'),
  ('F47AC10B-58CC-4372-A567-0E02B2C3D479', 'bob', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6');
