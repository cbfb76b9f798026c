-- From where users logged in lately. An address is a digest under a key, another one for
-- each user; the day is counted from 1970 in UTC.
CREATE TABLE IF NOT EXISTS restauth_known_address (
	user_id BIGINT NOT NULL,
	address BINARY(16) NOT NULL,
	day INT NOT NULL,
	PRIMARY KEY (user_id, address),
	KEY restauth_known_address_day (day)
) ENGINE=InnoDB;
-- From where anybody has, by a digest of the address alone.
CREATE TABLE IF NOT EXISTS restauth_known_place (
	address BINARY(16) NOT NULL PRIMARY KEY,
	day INT NOT NULL,
	KEY restauth_known_place_day (day)
) ENGINE=InnoDB;
