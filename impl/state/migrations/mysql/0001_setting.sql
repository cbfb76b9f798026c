-- What restauth keeps of its own, such as the secret that signs tokens.
CREATE TABLE IF NOT EXISTS restauth_setting (
	name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
	value VARBINARY(1024) NOT NULL
) ENGINE=InnoDB;
