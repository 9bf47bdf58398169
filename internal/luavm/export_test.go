package luavm

// TranslateChunk decodes and translates a binary chunk, as Load does with what
// the compiler made, and says what is wrong with it.
func (m *Machine) TranslateChunk(chunk []byte) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			if err = p; p != errChunk && !isSyntaxError(p) {
				panic(p)
			}
		default:
			panic(p)
		}
	}()
	f, err := m.readChunk(chunk)
	if err != nil {
		return err
	}
	l := &loader{m: m, chunkName: "@chunk", names: map[string]*Constant{}, src: analyze(m.lex(""), false)}
	l.translate(f, nil)
	return nil
}

func isSyntaxError(err error) bool {
	_, ok := err.(*SyntaxError)
	return ok
}

// CompileChunk returns the binary chunk that the compiler makes of a source.
func (m *Machine) CompileChunk(source string) []byte {
	m.begin()
	chunk, _ := compile(m.reader(analyze(m.lex(source), false).rewrite()))
	return chunk
}

// Malformed is malformed.
func Malformed(p any) bool { return malformed(p) }
