package transcript

import (
	"path/filepath"
	"slices"
	"strings"
)

// Some commands are newer than RedisVersion, so that no server is there to say
// what they answer. The transcripts of such commands, and of such options of
// others, are written by hand from the documentation: files with newerPrefix,
// which begin with the line newerTitle.
const (
	newerPrefix = "newer_"
	newerTitle  = "newer than " + RedisVersion + ": written by hand from the documentation"
)

// newer are the commands that a server of RedisVersion does not know.
var newer = []string{
	// 7.2
	"client|no-touch", "client|setinfo",
	// 7.4
	"hexpire", "hexpireat", "hexpiretime", "hpersist", "hpexpire", "hpexpireat", "hpexpiretime", "hpttl", "httl",
	// 8.0
	"hgetdel", "hgetex", "hsetex",
	// 8.0 of Valkey
	"script|show",
	// 8.2
	"xackdel", "xdelex",
	// 8.4
	"delex", "digest", "msetex",
}

// Newer says whether the command, of a subcommand "container|name", in any
// case, is newer than RedisVersion. Comparisons with a real Redis leave it out.
func Newer(name string) bool { return slices.Contains(newer, strings.ToLower(name)) }

// newer says whether the file is about what is newer than RedisVersion. It is
// neither replayed on a real Redis nor written by one.
func (f *File) newer() bool { return strings.HasPrefix(filepath.Base(f.Name), newerPrefix) }
