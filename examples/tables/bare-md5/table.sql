-- Unsalted MD5 and SHA-1 in hex, as in many a tutorial of PHP.
CREATE TABLE `login` (
  `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `user` varchar(30) NOT NULL UNIQUE,
  `pass` varchar(40) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `login` (`user`, `pass`) VALUES
  ('admin', '3cb4e732631f47e6eb961f34554b7cde'),
  ('ann', '3f3c58ae42b9b422897ffc175014a2a4fcf16d7b');
