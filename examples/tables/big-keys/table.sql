-- Keys beyond what a signed 64-bit number holds, zero, and DECIMAL; an exact number in JavaScript ends at 2^53.
CREATE TABLE `user` (
  `id` decimal(20,0) NOT NULL PRIMARY KEY,
  `username` varchar(45) NOT NULL UNIQUE,
  `password` varchar(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `user` VALUES
  (0, 'zero', '$2b$10$C69326fvusOOQqPejeVwEepG9eG4RahfWuJN2Hy5ExOfPyABxPdrK'),
  (-3, 'minus', '$2b$10$IibTb0BNo.2qcjSAYOZM7u/dD50A0daXgMXmGCLGj6mbJCCFOTeJy'),
  (9007199254740993, 'beyond', '$2b$10$L.Xy9xVK7KDw2WKY7KlnIOMsrn1E1NDsNHms0arKyeTtwIZKcaLsK'),
  (18446744073709551615, 'last', '$2b$10$uccXi/ZTX4GicwefeRiOE.sB8lOmx0pPrti9qDadQiabYp86lpOR6');
