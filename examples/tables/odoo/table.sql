-- Like Odoo's res_users, moved to MySQL: login and password of passlib's pbkdf2_sha512, active.
CREATE TABLE `res_users` (
  `id` int NOT NULL AUTO_INCREMENT,
  `active` boolean DEFAULT true,
  `login` varchar(255) NOT NULL,
  `password` varchar(255) DEFAULT NULL,
  `company_id` int NOT NULL,
  `partner_id` int NOT NULL,
  `create_date` timestamp NULL DEFAULT NULL,
  `share` boolean DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `res_users_login_key` (`login`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `res_users` (`active`, `login`, `password`, `company_id`, `partner_id`) VALUES
  (false, '__system__', NULL, 1, 2),
  (true, 'admin', '$pbkdf2-sha512$25000$ZyyldC5lzHmPkbLWWmsNAQ$rnssub1hawcPM2tVrepSHpW5K7bVfX1F29D/e0MLfIhrqBsZft22cix00pwyIZGTOj7WCrZO4/qaivix5uoHzg', 1, 3),
  (true, 'demo@example.com', '$pbkdf2-sha512$25000$lRJCaC0lBCBECKG0do5x7g$CsnctHG9Acb.fX7wMjIl/LFLD0fgDur.RqNaOiH3kCHxrlKtuf5Z.7N/3rtqjByjGURZX2UL9cNFJMOtF4wl3A', 1, 6),
  (false, 'portaltemplate', '$pbkdf2-sha512$25000$LwXg3JuTkvL./99b691bSw$C7nbD00vnX6.FuxKYcUTQJTGZV32.aHpX9kIC27AfILcDgc3BvWANy0H88qXDwWhFOfuRFcaubl9oTXrXdem7g', 1, 5);
