-- From where users logged in lately. The address is a digest under a key, the day is
-- counted from 1970 in UTC.
CREATE TABLE IF NOT EXISTS restauth_known_address (
	user_id BIGINT NOT NULL,
	address BINARY(16) NOT NULL,
	day INT NOT NULL,
	PRIMARY KEY (user_id, address),
	KEY restauth_known_address_day (day)
) ENGINE=InnoDB;
