-- ASP.NET Identity's AspNetUsers: text keys, names in capitals beside them, versions 2 and 3 of its hash.
CREATE TABLE `AspNetUsers` (
  `Id` varchar(255) NOT NULL PRIMARY KEY,
  `UserName` varchar(256) DEFAULT NULL,
  `NormalizedUserName` varchar(256) DEFAULT NULL,
  `Email` varchar(256) DEFAULT NULL,
  `NormalizedEmail` varchar(256) DEFAULT NULL,
  `EmailConfirmed` tinyint(1) NOT NULL,
  `PasswordHash` longtext,
  `SecurityStamp` longtext,
  `LockoutEnd` datetime(6) DEFAULT NULL,
  `LockoutEnabled` tinyint(1) NOT NULL,
  `AccessFailedCount` int NOT NULL,
  UNIQUE KEY `UserNameIndex` (`NormalizedUserName`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `AspNetUsers` (`Id`, `UserName`, `NormalizedUserName`, `Email`, `NormalizedEmail`, `EmailConfirmed`, `PasswordHash`, `LockoutEnabled`, `AccessFailedCount`) VALUES
  ('0b7a1c9e-5d55-4c0a-9d3b-0d6f0a7f4a11', 'ann@example.com', 'ANN@EXAMPLE.COM', 'ann@example.com', 'ANN@EXAMPLE.COM', 1, 'AQAAAAIAAYagAAAAEG0oHcuvc7zufybHXuVLs7PoRabhuje/WTqwRUu7/yMlk4FbmgjhfCQMFt0M/EWB8A==', 1, 0),
  ('0b7a1c9e-5d55-4c0a-9d3b-0d6f0a7f4a12', 'Bob', 'BOB', 'bob@example.com', 'BOB@EXAMPLE.COM', 1, 'AIm38ew7HYDo7KW+c5B9HJYf0nW7o7f0OeW9q6b78aG0fqWl/ygjWTzG+M7LrteTEg==', 1, 0),
  ('0b7a1c9e-5d55-4c0a-9d3b-0d6f0a7f4a13', 'outside', 'OUTSIDE', 'out@example.com', 'OUT@EXAMPLE.COM', 1, NULL, 1, 0);
