-- Accounts of a mail server (Postfix and Dovecot): LDAP's schemes, and crypt(3) behind one.
CREATE TABLE `virtual_users` (
  `id` int NOT NULL AUTO_INCREMENT,
  `domain_id` int NOT NULL,
  `password` varchar(150) NOT NULL,
  `email` varchar(120) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `virtual_users` (`domain_id`, `password`, `email`) VALUES
  (1, '{SSHA512}BwakDLeD+x9IszG/ek72Qg85TFGSpgr1NHIUmdbSVBxlKxzbuTpNd9pH/vZHQ4m12PU3VgTmUazXBAQEsEI3q/N+z/l/r9X6', 'ann@example.com'),
  (1, '{CRYPT}$6$qOaw8yz/gAva0bFe$elRHBRQRFAAZQiRa1xslqqtDFOnrvNWP0S1hP.9nRVOjfdvFsE327tvqnn.oD0F4pZXR9Vo64665p/jLhjMbQ0', 'bob@example.com'),
  (1, '$6$j32q2buHG54BrHPu$V/bs42ExbyBJLGOJ2vIDEU6/ITM9FuvKQGRdZA9hG.KYtOrV8sjQLiVBoiN4jcRM8udAD0EPqfMmVudqGyVeg/', 'cid@example.com'),
  (1, '{SSHA}2KOdnWt6tdbR4XsVr09L71MwNNT7Pydk', 'dee@example.com');
