-- Rows beside the recorded ones, for what those have no case of. Ids from 9 on.
-- Passwords: ann ann-one, Ann ann-two, quote'd it's, back\slash%_ b\s, 😀 😀😀,
-- long 1,024 times p, 42 forty-two; of the others that have one: correct horse.
insert into `user`(`username`,`password`) values ('ann','pbkdf2:sha256:1000$Ht90LCAm$851fea5caeff9c0dab27202dc728f7294503740cbfb5306cb4521cd152b25c0a');
insert into `user`(`username`,`password`) values ('Ann','pbkdf2:sha256:1000$Ju6USsgP$faf0fa002f790014172369f0dfed58ba5b6465a337b6d65d8329467be480dc67');
insert into `user`(`username`,`password`) values ('quote''d','pbkdf2:sha256:1000$m7nOTFSg$6fe43d2cb8868285f5121a6c69728deeca7a0beb020b2ee1c26321301be97d98');
insert into `user`(`username`,`password`) values ('back\\slash%_','pbkdf2:sha256:1000$E7dTobcM$1cb6c7af7237d5b092ca44baecfc578aa23941097c972fc71577dbead8751e2f');
insert into `user`(`username`,`password`) values ('😀','pbkdf2:sha256:1000$GRPjU5qU$effb0501ed82393e4c9893305d3832233ce2f8643bd36a9aa6528248cb823038');
insert into `user`(`username`,`password`) values ('argon','$argon2id$v=19$m=19456,t=2,p=1$KOcQSRHFlIrGqRXhN0YTaw$5gJKHspgxz5wqB6FHQPpfcHxm8jvirCqUW6Lp4sQGIg');
insert into `user`(`username`,`password`) values ('bcrypt','$2b$10$SU6KCk7fSkqiq0hnrjc3beMxfj.aIAec5.9imaQ/X.I8IhTzHmCza');
insert into `user`(`username`,`password`) values ('plain','plain$$correct horse');
insert into `user`(`username`,`password`) values ('md5','md5$k915UMIj$e6dab5b347b5ea7778f0b4fba01991d4');
insert into `user`(`username`,`password`) values ('nocount','pbkdf2:sha256$g4j8wRLk$bb192459ef0da9d91e3ec92cc8d65d19417a92093e7cee972cb574edc3940e80');
insert into `user`(`username`,`password`) values ('poisoned','pbkdf2:sha256:many$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e');
insert into `user`(`username`,`password`) values ('unknown','whirlpool:9$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e');
insert into `user`(`username`,`password`) values ('nothing','');
insert into `user`(`username`,`password`) values ('long','pbkdf2:sha512:1000$sQDQXq0e$1a239decbee0959bb08fda0ea2cc7111cf5b52f109bc96df8adf5b6714b1fb29658ed16b8b2e0f0b92aa2bb822b981b92c006e429fa999fcd0f68769cdfa1f98');
insert into `user`(`username`,`password`) values ('42','pbkdf2:sha256:1000$EIfTmeAB$c0590082e73522fee25d35b275e4f4868a45d9fabdb433bda261ccd8e280a856');
