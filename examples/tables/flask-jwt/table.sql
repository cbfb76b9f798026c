-- The table of Flask-JWT's tutorial, with hashes of Werkzeug 0.16.
CREATE TABLE `user` (
  `id` int NOT NULL AUTO_INCREMENT,
  `username` varchar(45) DEFAULT NULL,
  `password` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `user` (`username`, `password`) VALUES
  ('roy', 'pbkdf2:sha256:150000$tZsfkQvG$33b5829a84b66ee5a7164036d8e95193fe95321c9c6771ae8c4cd09c510ff47b'),
  ('ann', 'sha1$jF2NuwJX$d9844a5887fe375c9ad5d99c2992cfe51c0915a2'),
  ('nopassword', NULL),
  (NULL, 'sha256$LpnhgIEL$e7485fa661e15496c5ffd3ac2b02e4e3625a01a56a22130b616c2c71384d8dbb');
