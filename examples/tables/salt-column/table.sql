-- A salt in a column of its own, in front of the password, and SHA-256 over both.
CREATE TABLE `customer` (
  `customer_id` int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `email` varchar(96) NOT NULL,
  `password` varchar(64) NOT NULL,
  `salt` varchar(9) NOT NULL,
  KEY (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `customer` (`email`, `password`, `salt`) VALUES
  ('ann@example.com', '53c6fed13f922e04abcd7e92eb49f9813d0944b2054d46dc8460b2cc51bc80f4', 'aB3$x9Kq1'),
  ('bob@example.com', '60a5fa3c3c262b48ad64c7448722e624ba171ecb5064613221c03679d28dece4', 'Zz0_0zZpq');
