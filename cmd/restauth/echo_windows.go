package main

import "golang.org/x/sys/windows"

// hideInput turns the console's echo off and leaves it reading lines.
func hideInput(fd int) error {
	console := windows.Handle(fd)
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return err
	}
	mode &^= windows.ENABLE_ECHO_INPUT
	mode |= windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	return windows.SetConsoleMode(console, mode)
}
