-- A column that was wide enough once: Werkzeug's newer hashes were cut in it, and those people cannot log in.
CREATE TABLE `user` (
  `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `username` varchar(45) NOT NULL UNIQUE,
  `password` varchar(120) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `user` (`username`, `password`) VALUES
  ('old', 'pbkdf2:sha256:50000$r00IYM24$3548367d33d10d3a15fdc01fa8f664774571e900283dc082788c4fc6d76b95d9'),
  ('new', LEFT('scrypt:32768:8:1$JQ7wzjdecWL142rT$e8689d64760ebec25977a05112099604e3e68fdc9f09646e0b770b03a7bc1c46e9655ebc3042b0ea6d63da9c6afd60538f17cff4f096a04acadb394f1a738ee5', 120)),
  ('newer', LEFT('scrypt:32768:8:1$Trs85jHTbekjDzDz$0d882e1d46fa341099feb15904dbb934defa0786b6aa8b186b306920785734896872d34c72e07c96923f7ffe963a5dbf814726dd781eaa079eb1b7d24948201a', 120));
