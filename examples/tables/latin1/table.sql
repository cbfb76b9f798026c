-- A table of 2005: latin1, MyISAM once, and names whose bytes are UTF-8 all the same, as PHP wrote them.
CREATE TABLE `tbl_user` (
  `user_id` mediumint unsigned NOT NULL AUTO_INCREMENT,
  `user_name` varchar(50) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
  `user_pw` varchar(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
  PRIMARY KEY (`user_id`),
  KEY `user_name` (`user_name`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;
INSERT INTO `tbl_user` (`user_name`, `user_pw`) VALUES
  ('jose', '$2y$10$Gd5oyvG8YnM1JQNKN0avvuXGNeJ7IOzFAYaLdS.TJ0UWoIzC1mX7C'),
  ('Müller', '$2y$10$CYRIRBFJtpH3k.HqZjUeFOL2JePrxIQd7U5MDC/Do6nGTb75xxV5C'),
  (CONVERT(x'5a6fc3ab' USING latin1), '$2y$10$14Fw/1eZ8QcJSVmb6jDxauVMzah70ih2tG9iYcYb9MLHL9PtbinaW');
