-- Keys that are shown with zeros in front, INT(8) UNSIGNED ZEROFILL.
CREATE TABLE `kunde` (
  `nr` int(8) unsigned zerofill NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `login` varchar(45) NOT NULL UNIQUE,
  `passwort` varchar(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `kunde` VALUES (42, 'ann', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O'), (12345678, 'bob', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6');
