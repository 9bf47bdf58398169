// Package arg makes the arguments of commands and scripts, which are strings of
// bytes, of Go values, as go-redis does.
package arg

import (
	"encoding"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Append appends the texts of the arguments. An argument of another type
// than those below is an error that says which one, counted from 1.
func Append(texts []string, args []any) ([]string, error) {
	for i, arg := range args {
		s, err := text(arg)
		if err != nil {
			return nil, fmt.Errorf("luastore: argument %d: %w", i+1, err)
		}
		texts = append(texts, s)
	}
	return texts, nil
}

func text(arg any) (string, error) {
	switch v := arg.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int8:
		return strconv.Itoa(int(v)), nil
	case int16:
		return strconv.Itoa(int(v)), nil
	case int32:
		return strconv.Itoa(int(v)), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case uint:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint8:
		return strconv.Itoa(int(v)), nil
	case uint16:
		return strconv.Itoa(int(v)), nil
	case uint32:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 64), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		if v {
			return "1", nil
		}
		return "0", nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	case time.Duration:
		return strconv.FormatInt(v.Nanoseconds(), 10), nil
	case net.IP:
		return string(v), nil
	case encoding.BinaryMarshaler:
		b, err := v.MarshalBinary()
		return string(b), err
	}
	return "", fmt.Errorf("cannot use a %T; use a string, []byte, number, bool, or an encoding.BinaryMarshaler", arg)
}
