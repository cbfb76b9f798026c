-- From where users logged in lately. An address is a digest under a key, another one for
-- each user; the day is counted from 1970 in UTC.
CREATE TABLE IF NOT EXISTS restauth_known_address (
	user_id INTEGER NOT NULL,
	address BLOB NOT NULL,
	day INTEGER NOT NULL,
	PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS restauth_known_address_day ON restauth_known_address (day);
-- From where anybody has, by a digest of the address alone.
CREATE TABLE IF NOT EXISTS restauth_known_place (
	address BLOB NOT NULL PRIMARY KEY,
	day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS restauth_known_place_day ON restauth_known_place (day);
