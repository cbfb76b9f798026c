// Package flaskconfig reads the configuration of a Flask application, and says which of
// restauth's settings take its place.
//
//	read, err := flaskconfig.Read(source, "")
//	found := read.Settings()
//
// A configuration is a Python file or a JSON object. Of Python, assignments of constants
// are understood and nothing else: texts, numbers, truths, None, lists, tuples, sets,
// dicts, timedelta(…), sums and products of numbers; at the top, in classes, in functions
// and as `app.config['NAME'] = …`. Nothing is ever executed or imported. What code sets, a
// condition or the environment, is told and not guessed at.
//
// Configurations hold secrets, so no error and no note repeats a value.
package flaskconfig
