package account

import (
	"context"
	"encoding/hex"

	"github.com/restauth/restauth/impl/userid"
)

// KnownBy is what somebody who wants to log in is known by.
type KnownBy uint8

const (
	// Stranger brings nothing that is known.
	Stranger KnownBy = iota
	// ByDevice is who brought a device token of that user.
	ByDevice
	// ByAddress is where the user logged in within Config.KnownAddressAge.
	ByAddress
)

// Known says whether somebody has logged in before as the user whose name they give. What
// strangers do to a user's account must not shut such a one out, so what they get wrong
// is counted apart.
type Known struct {
	By KnownBy
	// Key is what that device, or that address as this user, is counted under: opaque,
	// and another for each user. It is zero for strangers.
	Key [16]byte
}

// Is reports whether they are known.
func (k Known) Is() bool { return k.By != Stranger }

// knows tells who is known, when the row was looked up and before anything is hashed.
// For a name that nobody has the same is done, for a user that there is not: neither the
// answer nor the time it takes says which it was.
func (s *Service) knows(ctx context.Context, record Record, found bool, c Credentials) Known {
	if !found {
		record = Record{}
	}
	if c.DeviceToken != "" {
		if id, _, ok := s.devices.read(c.DeviceToken, s.fingerprint(record)); ok && found {
			return Known{By: ByDevice, Key: id}
		}
	}
	nobody := s.addresses.nobody(c.Username)
	if !found {
		record.ID = nobody
	}
	if key, ok := s.addresses.seen(ctx, record.ID, c.Address); ok && found {
		return Known{By: ByAddress, Key: key}
	}
	return Known{}
}

// nobody is the key of a user that there is not, made of the name: what is asked and
// remembered of it is what would be of a user.
func (a *addresses) nobody(username string) userid.ID {
	m := a.macs.begin()
	m.message = append(m.message, "nobody "...)
	m.message = append(m.message, username...)
	sum := a.macs.end(m)
	if a.texts() {
		return userid.Text(hex.EncodeToString(sum[:])) // looked at as the others of the table are
	}
	return userid.Number(bits63(sum))
}
