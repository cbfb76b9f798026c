-- Keys of users may be texts: as many characters as a user name has.
ALTER TABLE restauth_throttle MODIFY user_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
