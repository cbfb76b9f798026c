-- Symfony's security user by Doctrine: e-mail addresses, roles as JSON, bcrypt or Argon2id by PHP.
CREATE TABLE `user` (
  `id` INT AUTO_INCREMENT NOT NULL,
  `email` VARCHAR(180) NOT NULL,
  `roles` JSON NOT NULL,
  `password` VARCHAR(255) NOT NULL,
  `is_verified` TINYINT(1) NOT NULL,
  UNIQUE INDEX `UNIQ_IDENTIFIER_EMAIL` (`email`),
  PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 ENGINE = InnoDB;
INSERT INTO `user` (`email`, `roles`, `password`, `is_verified`) VALUES
  ('ann@example.com', '["ROLE_ADMIN"]', '$2y$10$Gd5oyvG8YnM1JQNKN0avvuXGNeJ7IOzFAYaLdS.TJ0UWoIzC1mX7C', 1),
  ('bob@example.com', '[]', '$argon2i$v=19$m=19456,t=2,p=1$ZHZpc1p2dWtxQTJ6clkyYQ$SADdbRLf5T85iK6cdM3KlOJPY8sLo9us1cHRogh+Mnk', 1),
  ('new@example.com', '[]', '$2y$10$xgoBo0MZi55lbou5TuXOW.v3/zmV90z3WC.MgQ4/YbeI3awH6T5sy', 0);
