package command

// What the tests in package command_test look into.
var Tips = tips

// MatchGlob matches a glob pattern as a call would.
func MatchGlob(pattern, s string, nocase bool) bool {
	return (&Call{s: new(Session)}).glob(pattern, s, nocase)
}

// EventClass returns the class of the event of that name.
func EventClass(name string) EventClasses { return eventClass[name] }
