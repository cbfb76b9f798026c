package doctor

import "strings"

// plainName is a name as these lists have it: without case and what stands between words.
func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(name))
}

func oneOf(name, words string) bool { return strings.Contains(" "+words+" ", " "+name+" ") }

// passwordWord is how much a column's name says that it holds passwords, 0 for nothing.
func passwordWord(name string) int {
	plain := plainName(name)
	switch {
	case oneOf(plain, "password passwordhash hashedpassword encryptedpassword userpass userpassword passwd passworddigest cryptedpassword passhash pwhash pwdhash hashpassword passwordencrypted userpwd userpasswd"):
		return 100
	case oneOf(plain, "pass pwd passwort kennwort motdepasse senha contrasena clave mdp wachtwoord"):
		return 90
	case oneOf(plain, "pw hash crypt"):
		return 50
	}
	for _, other := range strings.Fields("reset token salt expire changed question hint date history recover remember temp updated last count must require old retry fail algo method version attempt") {
		if strings.Contains(plain, other) {
			return 0
		}
	}
	if strings.Contains(plain, "pass") || strings.Contains(plain, "pwd") {
		return 50
	}
	return 0
}

func saltWord(name string) bool {
	return oneOf(plainName(name), "salt passwordsalt passsalt pwsalt pwdsalt usersalt hashsalt passwdsalt")
}

// nameClass is what a column's name says of the names in it.
type nameClass int

const (
	noName    nameClass = iota
	loginName           // what people type to log in
	mailName
	someName // often what others see, and then not one person's alone
)

func nameWord(name string) nameClass {
	switch plain := plainName(name); {
	case oneOf(plain, "username login userlogin loginname logonname userid uname accountname benutzername nomutilisateur usuario useraccount"):
		return loginName
	case oneOf(plain, "email mail useremail emailaddress usermail mailaddress correo"):
		return mailName
	case oneOf(plain, "name user account nick nickname handle screenname alias"):
		return someName
	}
	return noName
}

// keyWord reports whether a column is called as the keys of users are.
func keyWord(name string) bool {
	return oneOf(plainName(name), "id uid userid uuid guid pk accountid memberid")
}

// tableWord is how much a table's name says that it holds users.
func tableWord(name string) int {
	plain := plainName(name)
	for _, other := range strings.Fields("history log archive backup bak tmp reset token session meta role group permission profile setting oauth audit") {
		if strings.Contains(plain, other) {
			return -40
		}
	}
	switch {
	case oneOf(plain, "user users authuser resusers usersfielddata appuser appusers"):
		return 40
	case strings.HasSuffix(plain, "users"), strings.HasSuffix(plain, "user"):
		return 30
	case oneOf(plain, "account accounts member members customer customers person people employee employees staff admin admins login logins benutzer"):
		return 20
	case strings.Contains(plain, "user"), strings.Contains(plain, "account"), strings.Contains(plain, "member"):
		return 10
	}
	return 0
}

// languageWord: a row for each language is no row for each tenant.
func languageWord(name string) bool { return oneOf(plainName(name), "langcode lang language locale") }
