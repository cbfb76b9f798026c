// Hashes by a package that does what ASP.NET Core Identity's PasswordHasher does.
const identity = require('asp-identity-pw');
for (const password of ['correct horse', 'pässwörd-密码', 'q']) {
  for (const [form, make] of [['identity v2', identity.hashIdentityPasswordV2], ['identity v3', identity.hashIdentityPasswordV3]]) {
    const hash = make(password);
    for (const typed of [password, password + 'x', 'y']) {
      console.log(JSON.stringify({writer: 'asp-identity-pw 1.1.2', form, password: typed, hash, match: identity.verifyPassword(typed, hash)}));
    }
  }
}
