// Package arg makes the arguments of commands and scripts, which are strings of
// bytes, of Go values, as go-redis does.
package arg

import (
	"encoding"
	"fmt"
	"net"
	"reflect"
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
	case *time.Time: // is a BinaryMarshaler too
		return pointed(reflect.ValueOf(v))
	case net.IP:
		return string(v), nil
	case encoding.BinaryMarshaler:
		b, err := v.MarshalBinary()
		return string(b), err
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.Pointer {
		return pointed(v)
	}
	return "", fmt.Errorf("cannot use a %T; use a string, []byte, number, bool, or an encoding.BinaryMarshaler", arg)
}

// pointed is the text of what p points to; of nothing, it is the zero value.
func pointed(p reflect.Value) (string, error) {
	if p.IsNil() {
		return text(reflect.Zero(p.Type().Elem()).Interface())
	}
	return text(p.Elem().Interface())
}

// Spread returns the arguments of a script: in the place of a single slice or map
// its elements, a map's keys and values in turn.
func Spread(args []any) []any {
	if len(args) != 1 {
		return args
	}
	var all []any
	switch v := args[0].(type) {
	case []any:
		return v
	case []string:
		for _, s := range v {
			all = append(all, s)
		}
	case map[string]any:
		for key, value := range v {
			all = append(all, key, value)
		}
	case map[string]string:
		for key, value := range v {
			all = append(all, key, value)
		}
	default:
		return args
	}
	return all
}
