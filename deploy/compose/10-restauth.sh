#!/bin/bash
# Run once, by MariaDB's image, in an empty database: the table as Flask applications have
# it, and restauth's two users, with the least that each needs. Leave the table out where
# yours is restored from a backup.
set -euo pipefail
docker_process_sql <<SQL
CREATE TABLE IF NOT EXISTS shop.user (
	id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
	username varchar(80) NOT NULL UNIQUE,
	password varchar(255) NOT NULL
) CHARACTER SET utf8mb4;
CREATE USER restauth@'%' IDENTIFIED BY '$(cat "$RESTAUTH_USERS_PASSWORD_FILE")';
GRANT SELECT (id, username, password) ON shop.user TO restauth@'%';
CREATE DATABASE restauth;
CREATE USER restauth_state@'%' IDENTIFIED BY '$(cat "$RESTAUTH_STATE_PASSWORD_FILE")';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER ON restauth.* TO restauth_state@'%';
SQL
