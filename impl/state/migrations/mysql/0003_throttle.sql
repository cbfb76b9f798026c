-- Failed logins, a row for each key and writer (impl/throttle): times are seconds since
-- 1970, four bytes each, big-endian. digest is of a name, an address or a device.
CREATE TABLE IF NOT EXISTS restauth_throttle (
	digest BINARY(16) NOT NULL,
	writer BIGINT NOT NULL,
	kind CHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	user_id VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	times BLOB NOT NULL,
	expires_at BIGINT NOT NULL,
	PRIMARY KEY (digest, writer),
	KEY expires_at (expires_at)
) ENGINE=InnoDB;
-- Until when an operator cleared what was counted. Rows that are put later may still
-- hold times of before.
CREATE TABLE IF NOT EXISTS restauth_throttle_clear (
	digest BINARY(16) NOT NULL PRIMARY KEY,
	cleared_until BIGINT NOT NULL
) ENGINE=InnoDB;
