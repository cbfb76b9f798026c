package users

import "strings"

// StateColumn is a column whose name says that it tells who may use an account.
type StateColumn struct {
	// Filter keeps everybody else out, as --users-filter takes it: "is_active=1". It is
	// "" where the name does not say what the values mean, as that of "status".
	Filter string
	// Perhaps says that many applications let in those too whom Filter would keep out,
	// such as people who never confirmed their address.
	Perhaps bool
}

// StateOf reports whether a column is called as one that tells who may use an account:
// those of Django, Flask-Security, Laravel, Rails, Spring, Drupal and what people write by
// hand. Case and underscores do not count.
func StateOf(column string) (StateColumn, bool) {
	name := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(column))
	for _, family := range stateFamilies() {
		for _, prefix := range []string{"", "user", "account", "is", "useris"} {
			rest, ok := strings.CutPrefix(name, prefix)
			if !ok {
				continue
			}
			if strings.Contains(" "+family.names+" ", " "+rest+" ") && rest != "" {
				if family.condition == "" {
					return StateColumn{Perhaps: true}, true
				}
				return StateColumn{Filter: column + family.condition, Perhaps: family.perhaps}, true
			}
		}
	}
	return StateColumn{}, false
}

// stateFamily are names, without underscores, that are read in the same way.
type stateFamily struct {
	condition string // behind the column's name
	perhaps   bool
	names     string
}

func stateFamilies() []stateFamily {
	return []stateFamily{
		{"=1", false, "active enabled enable activated approved allowed nonlocked nonexpired accountnonlocked accountnonexpired credentialsnonexpired canlogin"},
		{"=0", false, "disabled inactive deactivated banned block blocked locked lockedout softdeleted suspended revoked rejected deleted removed archived frozen closed expired credentialsexpired deletedflag"},
		{"=NULL", false, "deletedat deletedon disabledat disabledon bannedat blockedat lockedat suspendedat deactivatedat archivedat discardedat removedat closedat deletiondate datedeleted deleteddate"},
		{"=1", true, "confirmed verified emailconfirmed emailverified mailconfirmed mailverified"},
		{"!=NULL", true, "confirmedat verifiedat emailconfirmedat emailverifiedat activatedat approvedat activationdate"},
		{"", true, "status state"},
	}
}
