// Package fail2ban holds a filter and a jail for fail2ban, and their tests.
package fail2ban
