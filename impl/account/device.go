package account

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// devicePurpose is the label of the key of device tokens, and so part of each. The
	// number is that of the form below.
	devicePurpose = "device token 1"

	deviceVersion = 1
	deviceIDBytes = 16
	// A device token is a byte that says which form it has, when it was issued, in seconds
	// and eight bytes, a random id, and two halves of MACs: over all that, by which it is
	// one of ours, and over that and the user's Fingerprint, by which it is the user's. It
	// is a multiple of three: no two texts of base64url are the same token.
	deviceIssuedAt = 1
	deviceIDAt     = deviceIssuedAt + 8
	deviceOursAt   = deviceIDAt + deviceIDBytes
	deviceUsersAt  = deviceOursAt + deviceMACBytes
	deviceBytes    = deviceUsersAt + deviceMACBytes
	deviceChars    = deviceBytes / 3 * 4
	deviceMACBytes = 16 // RFC 2104, section 5: not less than half

	// deviceAhead is how far the clock of the server that issued a token may be ahead.
	deviceAhead = 5 * time.Minute
)

// deviceID names a device: the random part of its token. It says nothing of its user.
type deviceID [deviceIDBytes]byte

// devices makes and reads device tokens. Such a token says that its holder has logged in
// as one user, with the password that the user still has; it opens nothing by itself.
// Nothing is kept of it: what it says is under a MAC. It is of one user and one stored
// hash, whose Fingerprint is in the MAC and not in the token, so that whoever finds one
// learns neither. The key comes of the keyring's root: a token outlives the keys that
// sign access tokens, and no key of those can make one.
type devices struct {
	lifetime time.Duration // 0: none is made, and none counts
	macs     *macs
	now      func() time.Time
	random   io.Reader
}

func newDevices(cfg Config) (*devices, error) {
	if cfg.DeviceLifetime < 0 {
		return nil, errors.New("account: DeviceLifetime cannot be negative")
	}
	macs, err := newMACs(cfg.Keys, devicePurpose)
	if err != nil {
		return nil, err
	}
	d := &devices{lifetime: cfg.DeviceLifetime, macs: macs, now: cfg.Now, random: cfg.Random}
	if d.random == nil {
		d.random = rand.Reader
	}
	return d, nil
}

// device is a token that is one of ours and has not ended, of whomever it is.
type device struct {
	raw    [deviceBytes]byte
	issued time.Time
}

func (d *device) id() deviceID { return deviceID(d.raw[deviceIDAt:deviceOursAt]) }

// open reads a token. What is wrong with one that is none it does not say.
func (d *devices) open(compact string) (one device, ok bool) {
	if d.lifetime == 0 || len(compact) != deviceChars {
		return device{}, false
	}
	var text [deviceChars]byte
	copy(text[:], compact)
	// Fewer bytes: the decoder passes over newlines.
	n, err := base64.RawURLEncoding.Decode(one.raw[:], text[:])
	if err != nil || n != deviceBytes || one.raw[0] != deviceVersion {
		return device{}, false
	}
	want := d.mac(&one.raw, nil)
	if !hmac.Equal(want[:], one.raw[deviceOursAt:deviceUsersAt]) {
		return device{}, false
	}
	one.issued = time.Unix(int64(binary.BigEndian.Uint64(one.raw[deviceIssuedAt:])), 0) //nolint:gosec // as issue wrote it
	age := d.now().Sub(one.issued)
	return one, age >= -deviceAhead && age < d.lifetime
}

// read returns the device that a token names, if it is a token of the user with that
// Fingerprint and has not ended. It allocates nothing, and takes the same time whatever
// the Fingerprint is.
func (d *devices) read(compact string, of Fingerprint) (id deviceID, issued time.Time, ok bool) {
	one, ok := d.open(compact)
	if !ok {
		return deviceID{}, time.Time{}, false
	}
	want := d.mac(&one.raw, of[:])
	if !hmac.Equal(want[:], one.raw[deviceUsersAt:]) {
		return deviceID{}, time.Time{}, false
	}
	return one.id(), one.issued, true
}

// issue returns a token of a new device.
func (d *devices) issue(of Fingerprint) (string, error) {
	var raw [deviceBytes]byte
	raw[0] = deviceVersion
	binary.BigEndian.PutUint64(raw[deviceIssuedAt:], uint64(d.now().Unix())) //nolint:gosec // no clock stands before 1970
	// ReadFull: a short read must not leave zero bytes that look random.
	if _, err := io.ReadFull(d.random, raw[deviceIDAt:deviceOursAt]); err != nil {
		return "", fmt.Errorf("account: make a device's id: %w", err)
	}
	ours, users := d.mac(&raw, nil), d.mac(&raw, of[:])
	copy(raw[deviceOursAt:], ours[:])
	copy(raw[deviceUsersAt:], users[:])
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// mac is of what a token says, and of a Fingerprint behind it if there is one: the two
// differ in length.
func (d *devices) mac(raw *[deviceBytes]byte, of []byte) [deviceMACBytes]byte {
	m := d.macs.begin()
	m.message = append(m.message, raw[:deviceOursAt]...)
	m.message = append(m.message, of...)
	sum := d.macs.end(m)
	return [deviceMACBytes]byte(sum[:])
}

// IssueDevice returns the device token to be kept by the client that logged in as the
// Principal, "" where the server gives none: the one that it brought while that is in the
// first half of its life, else one of a new device, which shares no count of failures
// with copies of the one before that others may hold.
func (s *Service) IssueDevice(principal Principal, brought string) (string, error) {
	if s.devices.lifetime == 0 {
		return "", nil
	}
	if principal.Fingerprint == (Fingerprint{}) {
		return "", errors.New("account: a device token was asked for somebody whose password was not verified")
	}
	if _, issued, ok := s.devices.read(brought, principal.Fingerprint); ok && s.now().Sub(issued) < s.devices.lifetime/2 {
		return brought, nil
	}
	return s.devices.issue(principal.Fingerprint)
}
