-- WordPress's wp_users: phpass as it was until 6.7, $wp$2y$ as of 6.8; people log in by name or address.
CREATE TABLE `wp_users` (
  `ID` bigint(20) unsigned NOT NULL auto_increment,
  `user_login` varchar(60) NOT NULL default '',
  `user_pass` varchar(255) NOT NULL default '',
  `user_nicename` varchar(50) NOT NULL default '',
  `user_email` varchar(100) NOT NULL default '',
  `user_url` varchar(100) NOT NULL default '',
  `user_registered` datetime NOT NULL default '2000-01-01 00:00:00',
  `user_activation_key` varchar(255) NOT NULL default '',
  `user_status` int(11) NOT NULL default '0',
  `display_name` varchar(250) NOT NULL default '',
  PRIMARY KEY (`ID`),
  KEY `user_login_key` (`user_login`),
  KEY `user_nicename` (`user_nicename`),
  KEY `user_email` (`user_email`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE `wp_usermeta` (`umeta_id` bigint(20) unsigned NOT NULL auto_increment PRIMARY KEY, `user_id` bigint(20) unsigned NOT NULL default '0', `meta_key` varchar(255) default NULL, `meta_value` longtext);
INSERT INTO `wp_users` (`user_login`, `user_pass`, `user_nicename`, `user_email`, `display_name`) VALUES
  ('admin', '$wp$2y$10$KKAiza08ZtRZIm54bsB81e8ZJ06dw.C9HF91uMFhWvg3H6l8Y0O8O', 'admin', 'admin@example.com', 'Admin'),
  ('editor', '$P$B51HEHmrg1Ipzrf/bKN7uFp8V0Fctd/', 'editor', 'editor@example.com', 'Editor'),
  ('ancient', '67483e46d474c96257590166fc25fe9f', 'ancient', 'ancient@example.com', 'Ancient');
