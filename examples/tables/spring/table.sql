-- Spring's JdbcUserDetailsManager: the name is the key, {id} in front of the hash, enabled, authorities in a table of their own.
CREATE TABLE `users` (
  `username` varchar(50) NOT NULL PRIMARY KEY,
  `password` varchar(500) NOT NULL,
  `enabled` boolean NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `authorities` (
  `username` varchar(50) NOT NULL,
  `authority` varchar(50) NOT NULL,
  CONSTRAINT `fk_authorities_users` FOREIGN KEY (`username`) REFERENCES `users` (`username`),
  UNIQUE KEY `ix_auth_username` (`username`, `authority`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES
  ('user', '{bcrypt}$2a$10$KnogZ/QRSgeoSRAE/JbtNebHd79QN0dNBoSB3PynXbNO3cvIFba0e', true),
  ('admin', '{pbkdf2@SpringSecurity_v5_8}7fbf1f69eb0ebc22318402acdc4b04bd1409474db884285ad5c2c800dc4d9922d54d6389f668f8b069dfc910c1160b69', true),
  ('old', '{argon2@SpringSecurity_v5_8}$argon2id$v=19$m=16384,t=2,p=1$vl3nBF6qSfdzcJGPIUzMPg$noFTptWKqEB4bxoXLL5WLDIDVKmhqNvjaUjHCAzpyXE', true),
  ('off', '{bcrypt}$2a$10$lMhLm7xnU1Tke1OUKHZKTua9yiUQpgpfKj8x7Uzp38U10Ey68b9Le', false);
INSERT INTO `authorities` VALUES ('user', 'ROLE_USER'), ('admin', 'ROLE_USER'), ('admin', 'ROLE_ADMIN'), ('old', 'ROLE_USER');
