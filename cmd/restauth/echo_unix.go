//go:build unix

package main

import "golang.org/x/sys/unix"

// hideInput turns the terminal's echo off and leaves it reading lines, as
// term.ReadPassword does before it reads.
func hideInput(fd int) error {
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO
	state.Lflag |= unix.ICANON | unix.ISIG
	state.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(fd, setTermios, state)
}
