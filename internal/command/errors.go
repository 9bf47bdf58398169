package command

import "strings"

// The texts of errors that several commands answer.
const (
	errWrongType   = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errNotInt      = "ERR value is not an integer or out of range"
	errNotInt32    = "ERR value is out of range, value must between -2147483648 and 2147483647"
	errNotPositive = "ERR value is out of range, must be positive"
	errNotFloat    = "ERR value is not a valid float"
	errOverflow    = "ERR increment or decrement would overflow"
	errSyntax      = "ERR syntax error"
	errNoKey       = "ERR no such key"
	errSameObject  = "ERR source and destination objects are the same"
	errNoDatabase  = "ERR DB index is out of range"
	errTooLong     = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
)

// OutOfMemory is the error of what would need more memory than there may be.
const OutOfMemory = "OOM command not allowed when used memory > 'maxmemory'."

// NoReplicas is the error of writing where Config asks for replicas.
const NoReplicas = "NOREPLICAS Not enough good replicas to write."

func errArity(name string) string {
	return "ERR wrong number of arguments for '" + name + "' command"
}

func errExpireTime(name string) string {
	return "ERR invalid expire time in '" + name + "' command"
}

func errUnknownSubcommand(container, sub string) string {
	return ErrorLine("ERR unknown subcommand '" + quoted(sub, 128) + "'. Try " + strings.ToUpper(container) + " HELP.")
}

// errSubcommand is the complaint about arguments that the subcommand does not
// have.
func errSubcommand(container, sub string) string {
	return ErrorLine("ERR unknown subcommand or wrong number of arguments for '" + quoted(sub, 128) + "'. Try " +
		strings.ToUpper(container) + " HELP.")
}

func errNoGroup(group, key string) string {
	return ErrorLine("NOGROUP No such consumer group '" + cString(group) + "' for key name '" + cString(key) + "'")
}

func errUnsupportedOption(option string) string {
	return ErrorLine("ERR Unsupported option " + option)
}

// errUnknownCommand names the command and the arguments as far as 128 bytes go.
func errUnknownCommand(args []string) string {
	var b strings.Builder
	for _, a := range args[1:] {
		if b.Len() >= 128 {
			break
		}
		b.WriteString("'" + quoted(a, 128-b.Len()) + "' ")
	}
	return ErrorLine("ERR unknown command '" + quoted(args[0], 128) + "', with args beginning with: " + b.String())
}

// quoted is what an error text shows of s: no more than so many bytes, and
// nothing from a zero byte on.
func quoted(s string, most int) string {
	s = cString(s)
	return s[:min(len(s), most)]
}

// cString returns s up to its first zero byte, where C's strings end.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// OneLine returns a text as a line of the protocol can hold it: up to the first
// zero byte, and with spaces in place of line breaks.
func OneLine(text string) string {
	return lineBreaks.Replace(cString(text))
}

// ErrorLine is OneLine for errors, which lose the line breaks at their end.
func ErrorLine(text string) string {
	return lineBreaks.Replace(strings.TrimRight(cString(text), "\r\n"))
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")
