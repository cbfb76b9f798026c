-- Express with Sequelize: columns in camel case, bcryptjs.
CREATE TABLE `Users` (
  `id` INTEGER NOT NULL AUTO_INCREMENT,
  `userName` VARCHAR(255) NOT NULL UNIQUE,
  `passwordHash` CHAR(60) NOT NULL,
  `isActive` TINYINT(1) DEFAULT 1,
  `createdAt` DATETIME NOT NULL,
  `updatedAt` DATETIME NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `Users` (`userName`, `passwordHash`, `isActive`, `createdAt`, `updatedAt`) VALUES
  ('ann', '$2b$10$NZIXn9yVn5BhrSEtyijc.u/lphi0A82C4.1PbAYwTeuY2Psvw/71O', 1, '2024-01-01', '2024-01-01'),
  ('bob', '$2b$10$cd/q0bTBHRJ/VU.m/gnvCu0un.z7k76G1UvccmTBQYSGmiKtS6bJ6', 0, '2024-01-01', '2024-01-01');
