-- Django's auth_user: every hasher that its PASSWORD_HASHERS had over the years, unusable passwords, is_active.
CREATE TABLE `auth_user` (
  `id` int NOT NULL AUTO_INCREMENT,
  `password` varchar(128) NOT NULL,
  `last_login` datetime(6) DEFAULT NULL,
  `is_superuser` tinyint(1) NOT NULL,
  `username` varchar(150) NOT NULL,
  `first_name` varchar(150) NOT NULL,
  `last_name` varchar(150) NOT NULL,
  `email` varchar(254) NOT NULL,
  `is_staff` tinyint(1) NOT NULL,
  `is_active` tinyint(1) NOT NULL,
  `date_joined` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `username` (`username`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `django_session` (`session_key` varchar(40) NOT NULL PRIMARY KEY, `session_data` longtext NOT NULL, `expire_date` datetime(6) NOT NULL);
INSERT INTO `auth_user` (`password`, `is_superuser`, `username`, `first_name`, `last_name`, `email`, `is_staff`, `is_active`, `date_joined`) VALUES
  ('pbkdf2_sha256$150000$dCjaEBxhm8ToL55Ui5REYG$ruK3YtqEjqEQszQ5jKxpj1ga8okqq4vOp6wgrdkoE5A=', 1, 'admin', '', '', 'admin@example.com', 1, 1, '2020-01-01'),
  ('argon2$argon2id$v=19$m=19456,t=2,p=8$azdmZWxQQUdiV2l0UDFHYUpjRWgyNA$PSJMz/coIxW0VVUQuYzGF4Mc1FX0D7qOWgi6QTvGe8A', 0, 'ann', 'Ann', 'A', 'ann@example.com', 0, 1, '2020-01-01'),
  ('bcrypt_sha256$$2b$10$/5W6AvRxluE28mdfOnhIu..097.QbbNPNqr8/uKopmdeZcSPvTEri', 0, 'bob', 'Bob', 'B', 'bob@example.com', 0, 1, '2020-01-01'),
  ('scrypt$16384$y0toUTPtkTl7QEJihDynEB$8$8$MP3dM/ZW36oJMs6nQ7fO1h9TIQ5f9c4n+APZAT/xJVRCQYH1oLzaHg/ThULhqLQgr1ynR2xiAlOz1k/Z7JwmNw==', 0, 'cid', '', '', '', 0, 1, '2020-01-01'),
  ('pbkdf2_sha1$20000$1gHHaAlPR6Pdu2TCnuthY4$ok6VmQiBUHX3hMCsuKEp9wlaOpw=', 0, 'dee', '', '', '', 0, 1, '2012-01-01'),
  ('pbkdf2_sha256$150000$kpo39G4bJJKjyhy6ApDPCO$IXPHxl4bnwopOHIr2a66JNNvAkUdUyYwdnxr+GZITmk=', 0, 'eve', '', '', '', 0, 0, '2020-01-01'),
  ('!jQb7CYeZcQ1XFvpqyB8sUVcMXHYqBb6Jb3rE9p0a', 0, 'sso', '', '', '', 0, 1, '2020-01-01');
